package espalier.nn.data;

import java.io.IOException;
import java.nio.file.Path;

/**
 * A data file that is missing, damaged or not what it should be: one sentence with the file, and where it can, the
 * byte.
 */
public final class DataFileException extends IOException {
    private static final long serialVersionUID = 1L;

    /** About a file as a whole. */
    public DataFileException(Path file, String what) {
        super(file + ": " + what);
    }

    /** About a place in a file, in bytes from its (unpacked) beginning. */
    public DataFileException(Path file, long offset, String what) {
        super(file + ": byte " + offset + ": " + what);
    }
}
