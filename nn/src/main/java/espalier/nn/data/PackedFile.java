package espalier.nn.data;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/** Reads a whole file, unpacking it if its name ends in {@code .gz}. */
final class PackedFile {
    private PackedFile() {}

    /** All bytes; at most {@code limit}, so that a hostile file cannot fill the memory. */
    static byte[] read(Path file, int limit) throws IOException {
        try (InputStream in = open(file)) {
            byte[] bytes = in.readNBytes(limit);
            if (in.read() >= 0) {
                throw new DataFileException(file, limit, "is longer than it should be");
            }
            return bytes;
        } catch (NoSuchFileException e) {
            throw new DataFileException(file, "is not there");
        } catch (EOFException e) {
            throw new DataFileException(file, "ends too early: the packed data is cut off");
        } catch (ZipException e) {
            throw new DataFileException(file, "is damaged: " + e.getMessage());
        } catch (DataFileException e) {
            throw e;
        } catch (IOException e) {
            throw new DataFileException(file, "cannot be read: " + e.getMessage());
        }
    }

    private static InputStream open(Path file) throws IOException {
        InputStream raw = Files.newInputStream(file);
        try {
            return file.toString().endsWith(".gz") ? new GZIPInputStream(raw, 1 << 16) : new BufferedInputStream(raw);
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }
}
