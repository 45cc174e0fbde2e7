package espalier.tensor.io;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * One tensor in a file of NumPy's npy format, what {@code numpy.save} writes.
 *
 * <pre>{@code
 * Path path = Path.of("images.npy");
 * Npy.write(path, Tensor.ones(60, 28, 28));
 * Tensor images = Npy.read(path, Device.cpu());
 * }</pre>
 *
 * <p>Versions 1.0, 2.0 and 3.0 are read, of either byte order and either memory order, with types f8, f4, f2, i8, i4,
 * i1, u1 and b1. Arrays of Python objects are pickles and are refused; so are other types and structured ones. A file
 * must hold one array and not a byte more. Written is version 1.0, little-endian, row-major. A little-endian file is
 * mapped, and its elements are copied once, to where they belong.
 *
 * @see <a href="https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html">the format</a>
 */
public final class Npy {
    /** The longest dictionary read; 64 axes take less than two kilobytes. */
    private static final int MAX_HEADER = 1 << 16;

    private static final int VERSION_END = 8;

    private Npy() {}

    /**
     * Reads a tensor to a device.
     *
     * @throws TensorFormatException if the file breaks a rule of the format
     * @throws IOException if it cannot be read
     */
    public static Tensor read(Path path, Device device) throws IOException {
        String source = path.toString();
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            long length = channel.size();
            Head head = readHead(source, new BufferedInputStream(Channels.newInputStream(channel)), length);
            if (head.header.bigEndian()) {
                InputStream data = new BufferedInputStream(Channels.newInputStream(channel.position(head.dataStart)));
                return readData(source, data, head, device);
            }
            MemorySegment data = channel.map(MapMode.READ_ONLY, head.dataStart, length - head.dataStart, arena);
            return copied(source, data, head, device);
        }
    }

    /**
     * A file's header and where it ends.
     *
     * @param header what it says
     * @param dataStart the first byte after it
     */
    private record Head(NpyHeader header, long dataStart) {}

    /** The tensor whose elements lie in a mapped file as in memory: they are copied once. */
    private static Tensor copied(String source, MemorySegment data, Head head, Device device) throws IOException {
        DType dtype = head.header.dtype();
        Tensor read = Tensor.allocate("npy", device, dtype, stored(head.header));
        try {
            if (dtype == DType.BOOL) {
                requireTruthValues(source, head.dataStart, data.toArray(ValueLayout.JAVA_BYTE));
            }
            device.backend().upload(data, read.storage(), read.layout().offset());
        } catch (InternalError e) { // what Java makes of a fault in mapped memory
            TensorFormatException refusal =
                    new TensorFormatException(source, head.dataStart, "the file was cut short while it was read");
            refusal.initCause(e);
            throw refusal;
        }
        return turned(read, head.header);
    }

    private static Shape stored(NpyHeader header) {
        return header.fortranOrder() ? reversed(header.shape()) : header.shape();
    }

    private static Tensor turned(Tensor read, NpyHeader header) {
        return header.fortranOrder() ? read.permute(backwards(read.rank())).contiguous() : read;
    }

    /**
     * Writes a tensor of any layout and device, replacing a file that is there; a failure leaves the old one untouched.
     *
     * @throws IOException if it cannot be written
     */
    public static void write(Path path, Tensor tensor) throws IOException {
        AtomicFile.write(path, out -> write(tensor, out));
    }

    static void write(Tensor tensor, OutputStream out) throws IOException {
        out.write(NpyHeader.of(tensor.dtype(), tensor.shape()).toBytes());
        PackedBytes.write(tensor, out);
    }

    /** Reads a tensor from a stream that claims to hold {@code length} bytes, and could. */
    static Tensor read(String source, InputStream in, long length, Device device) throws IOException {
        return readData(source, in, readHead(source, in, length), device);
    }

    /** Reads and checks all before the first element; {@code in} stands there then. */
    private static Head readHead(String source, InputStream in, long length) throws IOException {
        byte[] start = in.readNBytes(VERSION_END);
        int differs = Arrays.mismatch(start, NpyHeader.MAGIC);
        if (differs >= 0 && differs < Math.min(start.length, NpyHeader.MAGIC.length)) {
            throw new TensorFormatException(source, differs, "not an npy file: it does not begin with \\x93NUMPY");
        }
        requireWhole(source, start, VERSION_END, 0);
        int version = start[6];
        if (version < 1 || version > 3 || start[7] != 0) {
            throw new TensorFormatException(
                    source, 6, "npy version " + (version & 0xFF) + "." + (start[7] & 0xFF) + " is not 1.0, 2.0 or 3.0");
        }
        byte[] count = in.readNBytes(version == 1 ? 2 : 4);
        requireWhole(source, count, version == 1 ? 2 : 4, VERSION_END);
        long headerBytes = 0;
        for (int i = count.length - 1; i >= 0; i--) {
            headerBytes = headerBytes << 8 | (count[i] & 0xFF);
        }
        int headerStart = VERSION_END + count.length;
        if (headerBytes > length - headerStart) {
            throw new TensorFormatException(
                    source, VERSION_END, "header of " + headerBytes + " bytes reaches beyond the file of " + length);
        }
        if (headerBytes > MAX_HEADER) {
            throw new TensorFormatException(
                    source,
                    VERSION_END,
                    "header of " + headerBytes + " bytes is longer than the limit of " + MAX_HEADER);
        }
        byte[] dictionary = in.readNBytes((int) headerBytes);
        requireWhole(source, dictionary, (int) headerBytes, headerStart);
        NpyHeader header = NpyHeader.parse(source, headerStart, dictionary);
        long dataStart = headerStart + headerBytes;
        if (header.dataBytes() != length - dataStart) {
            throw new TensorFormatException(
                    source,
                    dataStart,
                    "shape " + header.shape() + " of " + header.dtype() + " needs " + header.dataBytes()
                            + " bytes, but the file has " + (length - dataStart) + " after its header");
        }
        return new Head(header, dataStart);
    }

    private static Tensor readData(String source, InputStream in, Head head, Device device) throws IOException {
        NpyHeader header = head.header;
        long dataStart = head.dataStart;
        DType dtype = header.dtype();
        Tensor read = Tensor.allocate("npy", device, dtype, stored(header));
        boolean whole = PackedBytes.read(in, read, (chunk, first) -> {
            if (header.bigEndian()) {
                swap(chunk, dtype.bytes());
            }
            if (dtype == DType.BOOL) {
                requireTruthValues(source, dataStart + first, chunk);
            }
        });
        if (!whole || in.read() >= 0) {
            throw new TensorFormatException(
                    source, dataStart, "the data is not the " + header.dataBytes() + " bytes that the file promised");
        }
        return turned(read, header);
    }

    private static void requireWhole(String source, byte[] read, int wanted, long start) throws TensorFormatException {
        if (read.length < wanted) {
            throw new TensorFormatException(source, start + read.length, "the file ends inside its header");
        }
    }

    private static void requireTruthValues(String source, long start, byte[] chunk) throws TensorFormatException {
        for (int i = 0; i < chunk.length; i++) {
            if ((chunk[i] & ~1) != 0) {
                throw new TensorFormatException(
                        source, start + i, "a truth value is " + (chunk[i] & 0xFF) + ", not 0 or 1");
            }
        }
    }

    /** Turns the bytes of each element around. */
    private static void swap(byte[] chunk, int width) {
        for (int element = 0; element < chunk.length; element += width) {
            for (int i = element, j = element + width - 1; i < j; i++, j--) {
                byte b = chunk[i];
                chunk[i] = chunk[j];
                chunk[j] = b;
            }
        }
    }

    private static Shape reversed(Shape shape) {
        int[] dims = new int[shape.rank()];
        Arrays.setAll(dims, i -> shape.dim(shape.rank() - 1 - i));
        return Shape.of(dims);
    }

    private static int[] backwards(int rank) {
        int[] order = new int[rank];
        Arrays.setAll(order, i -> rank - 1 - i);
        return order;
    }
}
