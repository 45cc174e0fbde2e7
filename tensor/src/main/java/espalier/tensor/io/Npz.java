package espalier.tensor.io;

import espalier.tensor.Device;
import espalier.tensor.Tensor;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Named tensors in NumPy's npz format, a zip archive with an {@link Npy} file for each: what {@code numpy.savez} and
 * {@code numpy.savez_compressed} write.
 *
 * <pre>{@code
 * Path path = Path.of("data.npz");
 * Npz.write(path, Map.of("x", Tensor.ones(4, 2), "y", Tensor.zeros(4)));
 * try (Npz file = Npz.open(path)) {
 *     Tensor x = file.tensor("x", Device.cpu());
 * }
 * }</pre>
 *
 * <p>Members are only read, never unpacked to disk, and their names are only looked up. A member takes no memory beyond
 * what its npy header declares, and may declare no more than its compressed bytes can hold; members may not share
 * bytes, so a small archive cannot unfold into an endless one. Checksums are verified.
 */
public final class Npz implements AutoCloseable {
    private static final String SUFFIX = ".npy";

    /** Deflate makes at most 1032 bytes of one (two bits say 258). */
    private static final long MOST_EXPANSION = 1032;

    /** The least a member takes besides its bytes and twice its name: a local header and one in the directory. */
    private static final int HEADERS = 30 + 46;

    /**
     * A fixed time makes equal archives for equal tensors. Zip counts from 1980; for its very first moment Java would
     * write a second time field, which depends on the time zone.
     */
    private static final LocalDateTime TIME = LocalDateTime.of(1980, 2, 1, 0, 0);

    private final String source;
    private final ZipFile zip;
    private final Map<String, ZipEntry> members;

    private Npz(String source, ZipFile zip, Map<String, ZipEntry> members) {
        this.source = source;
        this.zip = zip;
        this.members = members;
    }

    /**
     * Opens an archive and checks its list of members.
     *
     * @throws TensorFormatException if it is no proper zip archive or holds anything but npy files
     * @throws IOException if it cannot be read
     */
    @SuppressWarnings("resource") // the archive stays open until this is closed
    public static Npz open(Path path) throws IOException {
        String source = path.toString();
        long size = Files.size(path);
        ZipFile zip = openZip(path);
        try {
            return new Npz(source, zip, members(source, zip, size));
        } catch (IOException | RuntimeException | Error e) {
            zip.close();
            throw e;
        }
    }

    private static ZipFile openZip(Path path) throws IOException {
        try {
            return new ZipFile(path.toFile());
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            throw broken(path.toString(), e);
        }
    }

    private static Map<String, ZipEntry> members(String source, ZipFile zip, long fileSize)
            throws TensorFormatException {
        Map<String, ZipEntry> members = new LinkedHashMap<>();
        long taken = 0;
        for (Iterator<? extends ZipEntry> i = zip.entries().asIterator(); i.hasNext(); ) {
            ZipEntry member = i.next();
            String name = tensorName(source, member.getName());
            if (members.putIfAbsent(name, member) != null) {
                throw new TensorFormatException(source, -1, "member " + quote(member) + " comes twice");
            }
            long packed = member.getCompressedSize();
            taken += Math.clamp(packed, 0, fileSize)
                    + HEADERS
                    + 2L * member.getName().length();
            if (packed < 0 || packed > fileSize || taken > fileSize) {
                throw new TensorFormatException(
                        source,
                        -1,
                        "members share bytes: up to " + quote(member) + " they claim more than the file's " + fileSize);
            }
            if (member.getSize() < 0 || member.getSize() / MOST_EXPANSION > packed) {
                throw new TensorFormatException(
                        source,
                        -1,
                        "member " + quote(member) + " claims " + member.getSize() + " bytes, which " + packed
                                + " compressed ones cannot hold");
            }
        }
        return Collections.unmodifiableMap(members);
    }

    /** The name without its suffix. Names are never used as paths; those that could only serve an attack are refused. */
    private static String tensorName(String source, String member) throws TensorFormatException {
        boolean sane = member.endsWith(SUFFIX)
                && member.length() > SUFFIX.length()
                && !member.startsWith("/")
                && !member.contains("\\")
                && member.chars().noneMatch(Character::isISOControl)
                && !List.of(member.split("/", -1)).contains("..");
        if (!sane) {
            throw new TensorFormatException(
                    source, -1, "member " + HeaderText.quote(member) + " is not a plain name that ends in .npy");
        }
        return member.substring(0, member.length() - SUFFIX.length());
    }

    /** The names, without {@code .npy}, in the order of the archive. */
    public List<String> names() {
        return List.copyOf(members.keySet());
    }

    /**
     * Reads a tensor to a device.
     *
     * @throws IllegalArgumentException if there is none of this name
     * @throws IllegalStateException if this file is closed
     * @throws TensorFormatException if the member breaks a rule of the formats
     * @throws IOException if it cannot be read
     */
    public Tensor tensor(String name, Device device) throws IOException {
        ZipEntry member = members.get(name);
        if (member == null) {
            throw new IllegalArgumentException(
                    "npz: " + source + " has no tensor " + HeaderText.quote(name) + "; it has " + names());
        }
        String inside = source + "!" + member.getName();
        try (CheckedInputStream in = new CheckedInputStream(zip.getInputStream(member), new CRC32())) {
            Tensor tensor = Npy.read(inside, in, member.getSize(), device);
            if (in.getChecksum().getValue() != member.getCrc()) {
                throw new TensorFormatException(inside, -1, "the checksum does not fit the bytes");
            }
            return tensor;
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            throw broken(inside, e);
        }
    }

    /** Reads all tensors to a device, by name in the order of the archive. */
    public Map<String, Tensor> tensors(Device device) throws IOException {
        Map<String, Tensor> loaded = new LinkedHashMap<>();
        for (String name : members.keySet()) {
            loaded.put(name, tensor(name, device));
        }
        return loaded;
    }

    /** Closes the archive; tensors that were read live on. */
    @Override
    public void close() throws IOException {
        zip.close();
    }

    /**
     * Writes tensors without compression, in the order of their names. Equal tensors make equal bytes.
     *
     * @throws IllegalArgumentException if a name could not be read back: empty, absolute, with {@code ..} or a backslash
     * @throws IOException if it cannot be written; a file that was there is then untouched
     */
    public static void write(Path path, Map<String, Tensor> tensors) throws IOException {
        write(path, tensors, ZipEntry.STORED);
    }

    /** Like {@link #write}, but compressed; equal bytes then need the same version of zlib too. */
    public static void writeCompressed(Path path, Map<String, Tensor> tensors) throws IOException {
        write(path, tensors, ZipEntry.DEFLATED);
    }

    private static void write(Path path, Map<String, Tensor> tensors, int method) throws IOException {
        for (String name : tensors.keySet()) {
            try {
                tensorName("npz", name + SUFFIX);
            } catch (TensorFormatException e) {
                throw new IllegalArgumentException(e.getMessage(), e);
            }
        }
        AtomicFile.write(path, out -> writeTo(out, new TreeMap<>(tensors), method));
    }

    static void writeTo(OutputStream out, Map<String, Tensor> ordered, int method) throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        for (Map.Entry<String, Tensor> entry : ordered.entrySet()) {
            ZipEntry member = new ZipEntry(entry.getKey() + SUFFIX);
            member.setTimeLocal(TIME);
            member.setMethod(method);
            if (method == ZipEntry.STORED) { // size and checksum stand before the bytes
                CheckedOutputStream sum = new CheckedOutputStream(OutputStream.nullOutputStream(), new CRC32());
                Npy.write(entry.getValue(), sum);
                NpyHeader header =
                        NpyHeader.of(entry.getValue().dtype(), entry.getValue().shape());
                member.setSize(header.toBytes().length + header.dataBytes());
                member.setCrc(sum.getChecksum().getValue());
            }
            zip.putNextEntry(member);
            Npy.write(entry.getValue(), zip);
            zip.closeEntry();
        }
        zip.finish();
    }

    private static TensorFormatException broken(String source, Exception e) {
        TensorFormatException refusal =
                new TensorFormatException(source, -1, "the zip archive is broken: " + e.getMessage());
        refusal.initCause(e);
        return refusal;
    }

    private static String quote(ZipEntry member) {
        return HeaderText.quote(member.getName());
    }
}
