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
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;
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
 * what its npy header declares, and may declare no more than it holds: one that claims to unfold into more than the
 * whole archive is unfolded once for nothing, to see whether it does. Members may not share bytes, so a small archive
 * cannot unfold into an endless one. Checksums are verified.
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
    private final long size;
    private final ZipFile zip;
    private final Map<String, ZipEntry> members;

    private Npz(String source, long size, ZipFile zip, Map<String, ZipEntry> members) {
        this.source = source;
        this.size = size;
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
        ZipPlaces places = ZipPlaces.of(path);
        ZipFile zip = openZip(path, places);
        try {
            return new Npz(source, size, zip, members(source, zip, size, places));
        } catch (IOException | RuntimeException | Error e) {
            zip.close();
            throw e;
        }
    }

    private static ZipFile openZip(Path path, ZipPlaces places) throws IOException {
        try {
            return new ZipFile(path.toFile());
        } catch (ZipException | EOFException | IllegalArgumentException e) {
            throw broken(path.toString(), places.directory(), e);
        }
    }

    private static Map<String, ZipEntry> members(String source, ZipFile zip, long fileSize, ZipPlaces places)
            throws TensorFormatException {
        Map<String, ZipEntry> members = new LinkedHashMap<>();
        long taken = 0;
        int index = 0;
        for (Iterator<? extends ZipEntry> i = zip.entries().asIterator(); i.hasNext(); ) {
            ZipEntry member = i.next();
            long at = places.header(index++);
            String name = tensorName(source, at, member.getName());
            if (members.putIfAbsent(name, member) != null) {
                throw new TensorFormatException(source, at, "member " + quote(member) + " comes twice");
            }
            long packed = member.getCompressedSize();
            taken += Math.clamp(packed, 0, fileSize)
                    + HEADERS
                    + 2L * member.getName().length();
            if (packed < 0 || packed > fileSize || taken > fileSize) {
                throw new TensorFormatException(
                        source,
                        at,
                        "members share bytes: up to " + quote(member) + " they claim more than the file's " + fileSize);
            }
            long most = member.getMethod() == ZipEntry.STORED ? packed : MOST_EXPANSION * (packed + 1) - 1;
            if (member.getSize() < 0 || member.getSize() > most) {
                throw new TensorFormatException(
                        source,
                        at,
                        "member " + quote(member) + " claims " + member.getSize() + " bytes, which " + packed
                                + (member.getMethod() == ZipEntry.STORED ? " stored" : " compressed")
                                + " ones cannot hold");
            }
        }
        return Collections.unmodifiableMap(members);
    }

    /**
     * The name without its suffix. Names are never used as paths; those that could only serve an attack are refused.
     */
    private static String tensorName(String source, long at, String member) throws TensorFormatException {
        boolean sane = member.endsWith(SUFFIX)
                && member.length() > SUFFIX.length()
                && !member.startsWith("/")
                && !member.contains("\\")
                && member.chars().noneMatch(Character::isISOControl)
                && !List.of(member.split("/", -1)).contains("..");
        if (!sane) {
            throw new TensorFormatException(
                    source, at, "member " + HeaderText.quote(member) + " is not a plain name that ends in .npy");
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
        if (member.getSize() > size) {
            requireHeld(inside, member);
        }
        try (MemberStream in = opened(inside, member)) {
            try {
                Tensor tensor = Npy.read(inside, in, member.getSize(), device);
                if (in.checksum() != member.getCrc()) {
                    throw new TensorFormatException(
                            inside, in.taken(), "the checksum does not fit the bytes before it");
                }
                return tensor;
            } catch (ZipException | EOFException e) {
                throw broken(inside, in.taken(), e);
            }
        }
    }

    /** The bytes of a member; none have been read yet. */
    private MemberStream opened(String inside, ZipEntry member) throws IOException {
        try {
            return new MemberStream(zip.getInputStream(member));
        } catch (ZipException | EOFException e) {
            throw broken(inside, 0, e);
        }
    }

    /** Reads a member for nothing, before memory is taken for what it claims to hold. */
    private void requireHeld(String inside, ZipEntry member) throws IOException {
        try (MemberStream in = opened(inside, member)) {
            byte[] chunk = new byte[1 << 16];
            try {
                while (in.taken() <= member.getSize() && in.read(chunk) >= 0) {
                    continue;
                }
            } catch (ZipException | EOFException e) {
                throw broken(inside, in.taken(), e);
            }
            if (in.taken() != member.getSize()) {
                throw new TensorFormatException(
                        inside,
                        Math.min(in.taken(), member.getSize()),
                        "the member holds " + (in.taken() < member.getSize() ? "less" : "more") + " than the "
                                + member.getSize() + " bytes it claims");
            }
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
     * @throws IllegalArgumentException if a name could not be read back: empty, absolute, with {@code ..} or a
     *     backslash
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
                tensorName("npz", 0, name + SUFFIX);
            } catch (TensorFormatException e) {
                throw new IllegalArgumentException("npz: " + e.reason(), e);
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

    private static TensorFormatException broken(String source, long at, Exception e) {
        String how = Optional.ofNullable(e.getMessage()).orElse("it ends too soon");
        TensorFormatException refusal = new TensorFormatException(source, at, "the zip archive is broken: " + how);
        refusal.initCause(e);
        return refusal;
    }

    private static String quote(ZipEntry member) {
        return HeaderText.quote(member.getName());
    }
}
