package espalier.tensor.io;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.UUID;

/**
 * Writing a file so that others see the old one or the whole new one and nothing between.
 *
 * <p>The content goes to {@code .NAME.*.partial} in the same folder, is forced to disk, and takes the file's name by an
 * atomic rename. If any of it fails the partial file is deleted; only a killed process or a lost machine can leave one
 * behind.
 */
public final class AtomicFile {
    private AtomicFile() {}

    /** What to write. */
    @FunctionalInterface
    public interface Content {
        /** Writes all of it. */
        void writeTo(OutputStream out) throws IOException;
    }

    /**
     * Writes {@code content} to {@code path}; a link is followed, a folder or device is refused.
     *
     * @throws IOException if it cannot be written; what stood there before is untouched then
     */
    public static void write(Path path, Content content) throws IOException {
        Path target = Files.exists(path) ? path.toRealPath() : path.toAbsolutePath();
        if (Files.exists(target) && !Files.isRegularFile(target)) {
            throw new FileSystemException(path.toString(), null, "is there already and is no regular file");
        }
        Path folder = Optional.ofNullable(target.getParent()).orElse(target);
        if (!Files.isDirectory(folder)) {
            throw new FileSystemException(path.toString(), null, "cannot be written: there is no folder " + folder);
        }
        Path partial = target.resolveSibling("." + target.getFileName() + "." + UUID.randomUUID() + ".partial");
        try {
            try (FileChannel channel =
                    FileChannel.open(partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                content.writeTo(Channels.newOutputStream(channel));
                channel.force(true);
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException | Error e) {
            discard(partial, e);
            if (e.getClass() == IOException.class) { // a write that fails, as on a full disk, does not say where
                throw new IOException(path + ": " + e.getMessage(), e);
            }
            throw e;
        }
    }

    /** The same with a text, in UTF-8. */
    public static void writeText(Path path, String text) throws IOException {
        write(path, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void discard(Path partial, Throwable cause) {
        try {
            Files.deleteIfExists(partial);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
