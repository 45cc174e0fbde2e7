package espalier.tensor.io;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32;

/** The bytes of a member of an archive as they are read: how many there were, and their checksum. */
final class MemberStream extends FilterInputStream {
    private final CRC32 sum = new CRC32();
    private long taken;

    MemberStream(InputStream in) {
        super(in);
    }

    @Override
    public int read() throws IOException {
        int b = super.read();
        if (b >= 0) {
            sum.update(b);
            taken++;
        }
        return b;
    }

    @Override
    public int read(byte[] into, int at, int length) throws IOException {
        int n = super.read(into, at, length);
        if (n > 0) {
            sum.update(into, at, n);
            taken += n;
        }
        return n;
    }

    /** How many bytes were read. */
    long taken() {
        return taken;
    }

    /** The checksum of the bytes that were read. */
    long checksum() {
        return sum.getValue();
    }
}
