package espalier.tensor.io;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import java.nio.charset.Charset;
import java.util.Arrays;

/**
 * The text of a header and a place in it: what the readers of JSON and of NumPy's dictionaries share.
 *
 * <p>Works on bytes, so that every complaint can name the byte of the file it is about.
 */
final class HeaderText {
    /** The most axes a tensor in a file may have, as in NumPy. */
    static final int MAX_RANK = 64;

    private static final int QUOTED = 60;

    private final String source;
    private final long start;
    private final byte[] bytes;
    private int at;

    /** The header {@code bytes} of a file {@code source}, in which they begin at byte {@code start}. */
    HeaderText(String source, long start, byte[] bytes) {
        this.source = source;
        this.start = start;
        this.bytes = bytes;
    }

    /** The place of the next byte, counted from the beginning of the header. */
    int at() {
        return at;
    }

    /** The next byte as 0 to 255, or −1 at the end. */
    int peek() {
        return at < bytes.length ? bytes[at] & 0xFF : -1;
    }

    /** Takes the next byte; −1 at the end. */
    int next() {
        int b = peek();
        at += b < 0 ? 0 : 1;
        return b;
    }

    /** Skips space, tab, line feed and carriage return. */
    void skipBlank() {
        int b = peek();
        while (b == ' ' || b == '\t' || b == '\n' || b == '\r') {
            at++;
            b = peek();
        }
    }

    /** Skips blanks, then takes {@code wanted} if it is next. */
    boolean accept(char wanted) {
        skipBlank();
        if (peek() != wanted) {
            return false;
        }
        at++;
        return true;
    }

    /** Skips blanks, then takes {@code wanted}, which must be next. */
    void expect(char wanted, String where) throws TensorFormatException {
        if (!accept(wanted)) {
            throw fail("expected '" + wanted + "' " + where + ", found " + found());
        }
    }

    /** Only blanks may be left. */
    void expectEnd(String after) throws TensorFormatException {
        skipBlank();
        if (peek() >= 0) {
            throw fail("nothing but blanks may follow " + after + ", found " + found());
        }
    }

    /** Takes a whole number: digits without sign, fraction, exponent or leading zero. */
    long integer(String what) throws TensorFormatException {
        skipBlank();
        int first = at;
        if (peek() == '-') {
            throw fail(what + " is negative");
        }
        if (!isDigit(peek())) {
            throw fail(what + " must be a whole number, found " + found());
        }
        long value = 0;
        while (isDigit(peek())) {
            int digit = next() - '0';
            if (value > (Long.MAX_VALUE - digit) / 10) {
                throw fail(first, what + " is above 9223372036854775807");
            }
            value = 10 * value + digit;
        }
        if (bytes[first] == '0' && at - first > 1) {
            throw fail(first, what + " has a leading zero");
        }
        int after = peek();
        if (after == '.' || after == 'e' || after == 'E') {
            throw fail(first, what + " is not a whole number");
        }
        return value;
    }

    /** Takes the size of an axis. */
    int size() throws TensorFormatException {
        skipBlank();
        int first = at;
        long size = integer("size in shape");
        if (size > Integer.MAX_VALUE) {
            throw fail(first, "size " + size + " in shape is above 2147483647, the most a tensor holds");
        }
        return (int) size;
    }

    /** The shape of these sizes, which stood at {@code first}. */
    Shape shape(int[] dims, int first) throws TensorFormatException {
        try {
            return Shape.of(dims);
        } catch (ShapeException _) {
            throw fail(
                    first,
                    "shape " + Arrays.toString(dims) + " has more than 2147483647 elements, the most a tensor holds");
        }
    }

    /** The bytes from {@code from} up to here. */
    String text(int from, Charset charset) {
        return new String(bytes, from, at - from, charset);
    }

    /** The next byte in words. */
    String found() {
        int b = peek();
        if (b < 0) {
            return "the end of the header";
        }
        return b > ' ' && b < 0x7F ? "'" + (char) b + "'" : String.format("byte 0x%02x", b);
    }

    /** A refusal at the next byte. */
    TensorFormatException fail(String reason) {
        return fail(at, reason);
    }

    /** A refusal at a place in the header. */
    TensorFormatException fail(int place, String reason) {
        return new TensorFormatException(source, start + place, reason);
    }

    /** A string from a file made fit for a message: short, and without characters that act on terminals. */
    static String quote(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < Math.min(text.length(), QUOTED); i++) {
            char c = text.charAt(i);
            quoted.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
        }
        return quoted.append(text.length() > QUOTED ? "…\"" : "\"").toString();
    }

    private static boolean isDigit(int b) {
        return b >= '0' && b <= '9';
    }
}
