package espalier.gpu.opencl;

import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;

/**
 * Compiled programs in a folder, a file each, named after all that went into it. A file begins with a digest of the
 * rest, so that one that was cut or changed is taken for none; it is written under another name first, so that nobody
 * reads half of one. What cannot be read or written is compiled again, without a word.
 *
 * <p>The folder is that of the system property {@code espalier.gpu.cache}, or none if it is {@code off}. Without the
 * property it is {@code ~/.cache/espalier/kernels} for GPUs, and none for processors, whose driver keeps its own.
 */
final class ProgramCache {
    private static final byte[] MAGIC = "espalier kernel 1\n".getBytes(StandardCharsets.US_ASCII);
    private static final int DIGEST = 32;

    private final Path folder;

    ProgramCache(Path folder) {
        this.folder = folder;
    }

    /** The cache for a device, if it is to have one. */
    static Optional<ProgramCache> of(DeviceInfo device) {
        String named = System.getProperty("espalier.gpu.cache", device.isCpu() ? "off" : "");
        if (named.equals("off")) {
            return Optional.empty();
        }
        Path folder = named.isEmpty()
                ? Path.of(System.getProperty("user.home", ""), ".cache", "espalier", "kernels")
                : Path.of(named);
        return Optional.of(new ProgramCache(folder));
    }

    /** The name of a program that was made of these; no two lists have one name. */
    static String key(String... parts) {
        MessageDigest digest = sha256();
        for (String part : parts) {
            byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
            digest.update(ByteBuffer.allocate(4).putInt(bytes.length).array());
            digest.update(bytes);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    /** The program of this name, if it is there and whole. */
    Optional<byte[]> load(String key) {
        try {
            Path file = folder.resolve(key);
            if (!Files.isRegularFile(file) || isOpenToOthers()) {
                return Optional.empty();
            }
            byte[] all = Files.readAllBytes(file);
            int start = MAGIC.length + DIGEST;
            if (all.length < start || !Arrays.equals(all, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
                return Optional.empty();
            }
            byte[] program = Arrays.copyOfRange(all, start, all.length);
            byte[] digest = sha256().digest(program);
            return Arrays.equals(all, MAGIC.length, start, digest, 0, DIGEST) ? Optional.of(program) : Optional.empty();
        } catch (IOException unreadable) {
            return Optional.empty();
        }
    }

    /** Keeps a program under this name, if that is possible. */
    void store(String key, byte[] program) {
        try {
            boolean isNew = !Files.exists(folder);
            Files.createDirectories(folder);
            if (isNew && hasPermissions()) {
                Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwx------"));
            }
            if (isOpenToOthers()) {
                return;
            }
            byte[] digest = sha256().digest(program);
            AtomicFile.write(folder.resolve(key), out -> {
                out.write(MAGIC);
                out.write(digest);
                out.write(program);
            });
        } catch (IOException full) {
            // compiled again next time
        }
    }

    /** A program is code: from a folder in which others may write, none is taken. */
    private boolean isOpenToOthers() throws IOException {
        if (!hasPermissions()) {
            return false;
        }
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(folder);
        return permissions.contains(PosixFilePermission.GROUP_WRITE)
                || permissions.contains(PosixFilePermission.OTHERS_WRITE);
    }

    private boolean hasPermissions() {
        return Files.getFileAttributeView(folder, PosixFileAttributeView.class) != null;
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every Java has SHA-256", e);
        }
    }
}
