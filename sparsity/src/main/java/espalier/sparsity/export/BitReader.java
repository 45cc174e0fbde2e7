package espalier.sparsity.export;

import espalier.tensor.io.TensorFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads what {@link BitWriter} wrote, and trusts none of it: every read that would pass the end, and every number
 * outside its range, is refused with the byte at which it stands.
 */
final class BitReader {
    private final String source;
    private final byte[] bytes;
    private final int end;
    private final int base;
    private int at;
    private int used = 8; // bits taken of the byte before at; 8 when all are

    /** The bytes from {@code start} to {@code end - 1}; complaints count them from {@code base} on. */
    BitReader(String source, byte[] bytes, int start, int end, int base) {
        this.source = source;
        this.bytes = bytes;
        this.at = start;
        this.end = end;
        this.base = base - start;
    }

    /** The byte that is read next, counted from the start of the file. */
    int offset() {
        return base + at;
    }

    TensorFormatException refusal(int offset, String reason) {
        return new TensorFormatException(source, offset, reason);
    }

    /** Refuses what stands here. */
    TensorFormatException refusal(String reason) {
        return refusal(offset(), reason);
    }

    private int next() throws TensorFormatException {
        if (at >= end) {
            throw refusal("the data ends too early");
        }
        return bytes[at++] & 0xFF;
    }

    /** The next bits as a number, 0 to 32 of them. */
    long bits(int width) throws TensorFormatException {
        long value = 0;
        for (int done = 0; done < width; ) {
            if (used == 8) {
                next();
                used = 0;
            }
            int taken = Math.min(8 - used, width - done);
            int part = (bytes[at - 1] & 0xFF) >>> used & (1 << taken) - 1;
            value |= (long) part << done;
            used += taken;
            done += taken;
        }
        return value;
    }

    /** The bits left before the end. */
    long bitsLeft() {
        return 8L * (end - at) + 8 - used;
    }

    int octet() throws TensorFormatException {
        used = 8;
        return next();
    }

    long fixed(int octets) throws TensorFormatException {
        long value = 0;
        for (int i = 0; i < octets; i++) {
            value |= (long) octet() << 8 * i;
        }
        return value;
    }

    /** A number from {@code least} to {@code most}. */
    int number(String what, long least, long most) throws TensorFormatException {
        int from = offset();
        long value = 0;
        for (int shift = 0; shift <= 56; shift += 7) {
            int octet = octet();
            value |= (octet & 127L) << shift;
            if (octet < 128) {
                if (value < least || value > most) {
                    throw refusal(from, what + " is " + value + ", not from " + least + " to " + most);
                }
                return (int) value;
            }
        }
        throw refusal(from, what + " is a number of more than nine bytes");
    }

    float real() throws TensorFormatException {
        return Float.intBitsToFloat((int) fixed(4));
    }

    /** Floats by their bits. */
    float[] reals(int count) throws TensorFormatException {
        used = 8;
        if (4L * count > end - at) {
            throw refusal(count + " floats reach beyond the " + (end - at) + " bytes that are left");
        }
        float[] values = new float[count];
        ByteBuffer.wrap(bytes, at, 4 * count)
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        at += 4 * count;
        return values;
    }

    String text(String what) throws TensorFormatException {
        int from = offset();
        byte[] utf8 = octets(number("the length of " + what, 0, end - at));
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
        } catch (CharacterCodingException e) {
            TensorFormatException refusal = refusal(from, what + " is not UTF-8");
            refusal.initCause(e);
            throw refusal;
        }
    }

    byte[] octets(int count) throws TensorFormatException {
        used = 8;
        if (count > end - at) {
            throw refusal(count + " bytes reach beyond the " + (end - at) + " that are left");
        }
        at += count;
        return Arrays.copyOfRange(bytes, at - count, at);
    }

    /** Requires that everything was read and that the bits after the last are clear. */
    void requireEnd(String what) throws TensorFormatException {
        if (at < end) {
            throw refusal((end - at) + " bytes too many after " + what);
        }
        if (used < 8 && (bytes[at - 1] & 0xFF) >>> used != 0) {
            throw refusal("bits are set after the end of " + what);
        }
    }
}
