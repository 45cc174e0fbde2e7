package espalier.examples.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * Reads a tar file from front to back: a header of 512 bytes an entry, the name at 0 and the length in octal at 124,
 * then the content filled up to a multiple of 512 (POSIX ustar).
 */
final class TarEntries implements AutoCloseable {
    private static final int BLOCK = 512;
    private static final int LENGTH_AT = 124;

    private final InputStream in;
    private String name = "";
    private long left;
    private long filling;

    TarEntries(InputStream in) {
        this.in = in;
    }

    /** Goes to the next entry; false at the end. What was not read of this one is skipped. */
    boolean next() throws IOException {
        in.skipNBytes(left + filling);
        left = 0;
        filling = 0;
        byte[] header = in.readNBytes(BLOCK);
        if (header.length < BLOCK) {
            throw new EOFException("the tar file ends within a header");
        }
        name = text(header, 0, 100);
        if (name.isEmpty()) {
            return false;
        }
        String length = text(header, LENGTH_AT, 12);
        try {
            left = length.isEmpty() ? 0 : Long.parseLong(length, 8);
        } catch (NumberFormatException problem) {
            throw new IOException("it is no tar file: the length of an entry reads '" + length + "'", problem);
        }
        filling = Math.floorMod(-left, BLOCK);
        return true;
    }

    private static String text(byte[] header, int from, int length) {
        String field = new String(header, from, length, StandardCharsets.ISO_8859_1);
        int end = field.indexOf(0);
        return (end < 0 ? field : field.substring(0, end)).strip();
    }

    /** The entry's path. */
    String name() {
        return name;
    }

    /** The entry's content, up to its end. */
    InputStream content() {
        return new InputStream() {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                if (left == 0) {
                    return -1;
                }
                int n = in.read(into, offset, (int) Math.min(length, left));
                if (n < 0) {
                    throw new EOFException("the tar file ends within " + name);
                }
                left -= n;
                return n;
            }
        };
    }

    @Override
    public void close() throws IOException {
        in.close();
    }
}
