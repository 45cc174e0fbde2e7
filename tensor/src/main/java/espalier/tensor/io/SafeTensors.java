package espalier.tensor.io;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Named tensors in one file of the safetensors format, which holds numbers and nothing that could run.
 *
 * <pre>{@code
 * Path path = Path.of("model.safetensors");
 * SafeTensors.write(path, Map.of("weight", Tensor.ones(2, 3)), Map.of("format", "pt"));
 * try (SafeTensors file = SafeTensors.open(path)) {
 *     Tensor weight = file.tensor("weight", Device.cpu());   // F32 [2, 3]
 * }
 * }</pre>
 *
 * <p>The file is mapped, not read: opening looks at the header only, and {@link #tensor} touches the pages of that one
 * tensor and copies them, so tensors live on after {@link #close}. Closing unmaps at once; until then the file must not
 * be changed in place, and Windows does not let it be replaced or deleted.
 *
 * <p>F64, F32, F16, I64, I32, I8, U8 and BOOL are read and written as they are. BF16 is read as F32, which holds its
 * values exactly, and never written. Scalars and empty tensors are legal.
 *
 * <p>A file may be read by several threads, but closed only when they are done.
 *
 * @see <a href="https://huggingface.co/docs/safetensors">the format</a>
 */
public final class SafeTensors implements AutoCloseable {
    private static final ValueLayout.OfShort BF16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final String source;
    private final Arena arena;
    private final MemorySegment mapped;
    private final SafeTensorsHeader header;

    private SafeTensors(String source, Arena arena, MemorySegment mapped, SafeTensorsHeader header) {
        this.source = source;
        this.arena = arena;
        this.mapped = mapped;
        this.header = header;
    }

    /**
     * What the header says about one tensor.
     *
     * @param name its name, any string
     * @param storedType its type in the file, such as {@code F32} or {@code BF16}
     * @param dtype the type it is loaded as: the same, but F32 for BF16
     * @param shape its sizes
     * @param begin its first byte in the file
     * @param end the byte after its last in the file
     */
    public record Entry(String name, String storedType, DType dtype, Shape shape, long begin, long end) {}

    /**
     * Maps a file and checks its whole header.
     *
     * @throws TensorFormatException if it breaks a rule of the format
     * @throws IOException if it cannot be read
     */
    public static SafeTensors open(Path path) throws IOException {
        Arena arena = Arena.ofShared();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment mapped = channel.map(MapMode.READ_ONLY, 0, channel.size(), arena);
            return new SafeTensors(path.toString(), arena, mapped, SafeTensorsHeader.parse(path.toString(), mapped));
        } catch (InternalError e) {
            arena.close();
            throw cutShort(path.toString(), 0, e);
        } catch (IOException | RuntimeException | Error e) {
            arena.close();
            throw e;
        }
    }

    /** The names in the order of the header. */
    public List<String> names() {
        return List.copyOf(header.entries().keySet());
    }

    /** Free text by key that came with the tensors; empty if none did. */
    public Map<String, String> metadata() {
        return header.metadata();
    }

    /** Whether there is a tensor of this name. */
    public boolean contains(String name) {
        return header.entries().containsKey(name);
    }

    /**
     * What the header says about a tensor; nothing is loaded.
     *
     * @throws IllegalArgumentException if there is none of this name
     */
    public Entry entry(String name) {
        Entry entry = header.entries().get(name);
        if (entry == null) {
            throw new IllegalArgumentException("safetensors: " + source + " has no tensor " + HeaderText.quote(name)
                    + "; it has " + header.entries().size() + ", among them "
                    + header.entries().keySet().stream().limit(5).toList());
        }
        return entry;
    }

    /**
     * Copies a tensor to a device.
     *
     * @throws IllegalArgumentException if there is none of this name
     * @throws IllegalStateException if this file is closed
     * @throws TensorFormatException if a BOOL tensor holds a byte other than 0 and 1, or the file was cut short since
     *     it was opened
     */
    public Tensor tensor(String name, Device device) throws TensorFormatException {
        Entry entry = entry(name);
        if (!arena.scope().isAlive()) {
            throw new IllegalStateException("safetensors: " + source + " is closed");
        }
        MemorySegment packed = mapped.asSlice(entry.begin(), entry.end() - entry.begin());
        try {
            if (entry.storedType().equals("BF16")) {
                return Tensor.of(device, widened(packed.toArray(BF16)), entry.shape());
            }
            if (entry.dtype() == DType.BOOL) {
                requireTruthValues(entry, packed.toArray(ValueLayout.JAVA_BYTE));
            }
            return Tensor.of(device, entry.dtype(), packed, entry.shape());
        } catch (InternalError e) { // what Java makes of a fault in mapped memory
            throw cutShort(source, entry.begin(), e);
        }
    }

    private static TensorFormatException cutShort(String source, long offset, InternalError fault) {
        TensorFormatException refusal =
                new TensorFormatException(source, offset, "the file was cut short while it was open");
        refusal.initCause(fault);
        return refusal;
    }

    /** Copies all tensors to a device, by name in the order of the header. */
    public Map<String, Tensor> tensors(Device device) throws TensorFormatException {
        Map<String, Tensor> loaded = new LinkedHashMap<>();
        for (String name : header.entries().keySet()) {
            loaded.put(name, tensor(name, device));
        }
        return loaded;
    }

    /** A bfloat16 is the upper half of a float. */
    private static float[] widened(short[] halves) {
        float[] values = new float[halves.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(halves[i] << 16);
        }
        return values;
    }

    private void requireTruthValues(Entry entry, byte[] values) throws TensorFormatException {
        for (int i = 0; i < values.length; i++) {
            if ((values[i] & ~1) != 0) {
                throw new TensorFormatException(
                        source,
                        entry.begin() + i,
                        "BOOL tensor " + HeaderText.quote(entry.name()) + " holds " + (values[i] & 0xFF)
                                + ", not 0 or 1");
            }
        }
    }

    /** Unmaps the file. Closing twice does nothing. */
    @Override
    public void close() {
        if (arena.scope().isAlive()) {
            arena.close();
        }
    }

    /**
     * Writes tensors of any layout and device to a file, replacing one that is there.
     *
     * <p>The bytes depend on names, values and metadata alone, not on the order of the maps: wide types come first (so
     * that all are aligned), then names by their UTF-8 bytes, as in the reference implementation. The file is written
     * beside its place, forced to disk and renamed: it is whole or not there, and a failure leaves the old one
     * untouched.
     *
     * @throws IllegalArgumentException if a tensor is named {@code __metadata__}, or a string is not proper Unicode
     * @throws IOException if it cannot be written
     */
    public static void write(Path path, Map<String, Tensor> tensors, Map<String, String> metadata) throws IOException {
        AtomicFile.write(path, new SafeTensorsContent(tensors, metadata)::writeTo);
    }
}
