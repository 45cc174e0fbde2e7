package espalier.sparsity.export;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Bytes written bit by bit, the lowest bit of a byte first. Everything but {@link #bits} begins with a whole byte. */
final class BitWriter {
    private byte[] bytes = new byte[64];
    private int size;
    private int used = 8; // bits taken of the last byte; 8 when it is full

    /** The lowest {@code width} bits of a number, 0 to 32 of them. */
    void bits(long value, int width) {
        for (int done = 0; done < width; ) {
            if (used == 8) {
                next();
            }
            int taken = Math.min(8 - used, width - done);
            long part = value >>> done & (1L << taken) - 1;
            bytes[size - 1] |= (byte) (part << used);
            used += taken;
            done += taken;
        }
    }

    /** A whole byte. */
    void octet(int value) {
        used = 8;
        next();
        bytes[size - 1] = (byte) value;
        used = 8;
    }

    private void next() {
        if (size == bytes.length) {
            bytes = Arrays.copyOf(bytes, 2 * size);
        }
        size++;
        used = 0;
    }

    /** Least significant byte first. */
    void fixed(long value, int octets) {
        for (int i = 0; i < octets; i++) {
            octet((int) (value >>> 8 * i));
        }
    }

    /** A number from 0, seven bits to a byte, the lowest first; the top bit says that another byte follows. */
    void number(long value) {
        long rest = value;
        while (rest > 127) {
            octet((int) (rest & 127 | 128));
            rest >>>= 7;
        }
        octet((int) rest);
    }

    /** A float by its bits. */
    void real(float value) {
        fixed(Float.floatToRawIntBits(value), 4);
    }

    /** Floats by their bits. */
    void reals(float[] values) {
        byte[] octets = new byte[Math.multiplyExact(Float.BYTES, values.length)];
        ByteBuffer.wrap(octets).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
        octets(octets);
    }

    /** UTF-8, its length before it. */
    void text(String value) {
        byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
        number(utf8.length);
        octets(utf8);
    }

    /** Whole bytes. */
    void octets(byte[] values) {
        used = 8;
        if (size + values.length > bytes.length) {
            bytes = Arrays.copyOf(bytes, Math.max(2 * size, size + values.length));
        }
        System.arraycopy(values, 0, bytes, size, values.length);
        size += values.length;
    }

    /** The number of bytes so far. */
    int size() {
        return size;
    }

    /** What was written. */
    byte[] toBytes() {
        return Arrays.copyOf(bytes, size);
    }
}
