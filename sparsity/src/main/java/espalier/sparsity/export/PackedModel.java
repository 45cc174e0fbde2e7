package espalier.sparsity.export;

import espalier.tensor.io.AtomicFile;
import espalier.tensor.io.TensorFormatException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;

/**
 * A whole model, ready to be run: its program with the packed tensors, and texts such as the names of its classes.
 *
 * <pre>{@code
 * PackedModel packed = Exporter.of(model, Shape.of(1, 28, 28)).export();
 * packed.write(Path.of("lenet.espalier"));
 * PackedModel same = PackedModel.read(Path.of("lenet.espalier"));
 * }</pre>
 *
 * <p>The file, all numbers little-endian:
 *
 * <pre>
 *   4 bytes   ESPK
 *   1         version, 1
 *   4         length of the whole file
 *   ..        metadata, input shape, steps with their tensors
 *   4         CRC-32C of all bytes before
 * </pre>
 *
 * <p>It is a format of its own because a JSON header, as safetensors has it, would be larger than what is left of a
 * well-pruned LeNet-5: 1.5 to 2 kilobytes where this takes about 250 bytes.
 *
 * @param program what to compute
 * @param metadata free text by key; see {@link #LABELS}
 */
public record PackedModel(Program program, Map<String, String> metadata) {
    /** Metadata: the names of the classes, a line each. */
    public static final String LABELS = "labels";
    /** Metadata: what was subtracted from pixels in [0, 1], a number or one for each channel with commas between. */
    public static final String MEAN = "mean";
    /** Metadata: what they were then divided by. */
    public static final String DEVIATION = "deviation";

    private static final int MAGIC = 'E' | 'S' << 8 | 'P' << 16 | 'K' << 24;
    private static final int VERSION = 1;
    private static final int HEAD = 9;
    private static final int CHECKSUM = 4;

    /** Copies the map, by the order of its keys. */
    public PackedModel {
        metadata = Collections.unmodifiableMap(new TreeMap<>(metadata));
    }

    /** The names of the classes, if the metadata has them. */
    public List<String> labels() {
        return metadata.getOrDefault(LABELS, "").lines().toList();
    }

    /** The bytes of the file. */
    public byte[] toBytes() {
        BitWriter body = new BitWriter();
        ModelCode.write(program, metadata, body);
        byte[] content = body.toBytes();
        long elements = program.steps().stream()
                .flatMap(step -> step.operation().tensors().stream())
                .mapToLong(tensor -> tensor.shape().size())
                .sum();
        int length = HEAD + content.length + CHECKSUM;
        if (elements > ModelCode.elementLimit(length)) {
            throw new IllegalArgumentException("packed model: " + elements + " elements in " + length
                    + " bytes are more than a reader would believe; cut the dead layers away");
        }
        BitWriter file = new BitWriter();
        file.fixed(MAGIC, 4);
        file.octet(VERSION);
        file.fixed(length, 4);
        file.octets(content);
        byte[] checked = file.toBytes();
        file.fixed(checksum(checked, checked.length), CHECKSUM);
        return file.toBytes();
    }

    private static int checksum(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    /**
     * Writes the file beside its place and renames it: it is whole or not there, and a failure leaves an old one
     * untouched.
     *
     * @throws IOException if it cannot be written
     */
    public void write(Path path) throws IOException {
        byte[] bytes = toBytes();
        AtomicFile.write(path, out -> out.write(bytes));
    }

    /**
     * Reads a file and checks all of it.
     *
     * @throws TensorFormatException if it breaks a rule of the format, with the byte where it does
     * @throws IOException if it cannot be read
     */
    public static PackedModel read(Path path) throws IOException {
        String source = path.toString();
        try (InputStream in = Files.newInputStream(path)) {
            byte[] head = in.readNBytes(HEAD);
            checkHead(source, head, Files.size(path));
            byte[] rest = in.readAllBytes();
            byte[] all = new byte[head.length + rest.length];
            System.arraycopy(head, 0, all, 0, head.length);
            System.arraycopy(rest, 0, all, head.length, rest.length);
            return parse(source, all);
        }
    }

    /** Whether a file begins as packed models do; a folder, or what is not there, does not. */
    public static boolean isPacked(Path file) throws IOException {
        if (!Files.isRegularFile(file)) {
            return false;
        }
        try (InputStream in = Files.newInputStream(file)) {
            byte[] head = in.readNBytes(Integer.BYTES);
            return head.length == Integer.BYTES
                    && (int) new BitReader(file.toString(), head, 0, head.length, 0).fixed(Integer.BYTES) == MAGIC;
        }
    }

    /**
     * As {@link #read(Path)}, from bytes at hand, such as a resource of a jar.
     *
     * @param source what complaints call them
     */
    public static PackedModel of(String source, byte[] file) throws TensorFormatException {
        checkHead(source, file, file.length);
        return parse(source, file);
    }

    private static void checkHead(String source, byte[] head, long size) throws TensorFormatException {
        BitReader from = new BitReader(source, head, 0, head.length, 0);
        if ((int) from.fixed(4) != MAGIC) {
            throw from.refusal(0, "this is no packed model: it does not begin with ESPK");
        }
        int version = from.octet();
        if (version != VERSION) {
            throw from.refusal(4, "version " + version + " is not known here; this reads version " + VERSION);
        }
        long length = from.fixed(4);
        if (length != size) {
            throw from.refusal(5, "the file should have " + length + " bytes, but has " + size);
        }
    }

    private static PackedModel parse(String source, byte[] file) throws TensorFormatException {
        int end = file.length - CHECKSUM;
        if (end < HEAD) {
            throw new TensorFormatException(source, file.length, "the file ends before its checksum");
        }
        int stored = (int) new BitReader(source, file, end, file.length, end).fixed(CHECKSUM);
        int found = checksum(file, end);
        if (stored != found) {
            throw new TensorFormatException(
                    source,
                    end,
                    String.format("the checksum is %08x, but should be %08x: the file is damaged", stored, found));
        }
        BitReader body = new BitReader(source, file, HEAD, end, HEAD);
        return new ModelCode.Reader(source, body, file.length).read();
    }
}
