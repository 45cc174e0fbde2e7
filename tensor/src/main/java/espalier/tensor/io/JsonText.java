package espalier.tensor.io;

import espalier.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * The JSON (RFC 8259) that the header of a safetensors file may use: objects, strings, whole numbers and arrays of
 * sizes.
 *
 * <p>The caller asks for what it expects next, so no tree is built, nothing nests deeper than the caller does, and
 * everything else (true, NaN, 1.5, one more level) is refused where it stands.
 */
final class JsonText {
    private final HeaderText text;

    JsonText(HeaderText text) {
        this.text = text;
    }

    /** What to do with the value of one key: read it. */
    @FunctionalInterface
    interface Member {
        void read(String key, int keyAt) throws TensorFormatException;
    }

    /** Takes an object; {@code member} takes each value. No key may come twice. */
    void object(String what, Member member) throws TensorFormatException {
        text.expect('{', "for " + what);
        if (text.accept('}')) {
            return;
        }
        Set<String> seen = new HashSet<>();
        do {
            text.skipBlank();
            int keyAt = text.at();
            String key = string("a key of " + what);
            if (!seen.add(key)) {
                throw text.fail(keyAt, "key " + HeaderText.quote(key) + " comes twice in " + what);
            }
            text.expect(':', "after a key");
            text.skipBlank();
            member.read(key, keyAt);
        } while (text.accept(','));
        text.expect('}', "or ',' in " + what);
    }

    /** Takes an array of sizes. */
    Shape shape() throws TensorFormatException {
        text.skipBlank();
        int first = text.at();
        int[] dims = new int[HeaderText.MAX_RANK];
        int rank = 0;
        text.expect('[', "for shape");
        if (!text.accept(']')) {
            do {
                if (rank == dims.length) {
                    throw text.fail(first, "shape has more than " + dims.length + " axes");
                }
                dims[rank++] = text.size();
            } while (text.accept(','));
            text.expect(']', "or ',' in shape");
        }
        return text.shape(Arrays.copyOf(dims, rank), first);
    }

    /** Takes a string. The header is known to be UTF-8. */
    String string(String what) throws TensorFormatException {
        text.expect('"', "for " + what);
        int from = text.at();
        while (text.peek() >= ' ' && text.peek() != '"' && text.peek() != '\\') {
            text.next();
        }
        if (text.peek() == '"') {
            String plain = text.text(from, StandardCharsets.UTF_8);
            text.next();
            return plain;
        }
        return escaped(what, text.text(from, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8));
    }

    /** Takes the rest of a string from its first escape on. */
    private String escaped(String what, byte[] head) throws TensorFormatException {
        ByteArrayOutputStream utf8 = new ByteArrayOutputStream();
        utf8.writeBytes(head);
        while (text.peek() != '"') {
            int at = text.at();
            int b = text.next();
            if (b < 0) {
                throw text.fail("the header ends inside " + what);
            }
            if (b < ' ') {
                throw text.fail(at, String.format("bare control character 0x%02x in a string", b));
            }
            if (b == '\\') {
                utf8.writeBytes(escape(at).getBytes(StandardCharsets.UTF_8));
            } else {
                utf8.write(b);
            }
        }
        text.next();
        return utf8.toString(StandardCharsets.UTF_8);
    }

    private String escape(int at) throws TensorFormatException {
        int b = text.next();
        return switch (b) {
            case '"' -> "\"";
            case '\\' -> "\\";
            case '/' -> "/";
            case 'b' -> "\b";
            case 'f' -> "\f";
            case 'n' -> "\n";
            case 'r' -> "\r";
            case 't' -> "\t";
            case 'u' -> unicode(at);
            default -> throw text.fail(at, "bad escape in a string");
        };
    }

    /** Four hexadecimal digits, or eight as a pair of surrogates; half a pair is no character. */
    private String unicode(int at) throws TensorFormatException {
        char first = (char) hex(at);
        if (!Character.isSurrogate(first)) {
            return String.valueOf(first);
        }
        if (Character.isHighSurrogate(first) && text.next() == '\\' && text.next() == 'u') {
            char second = (char) hex(at);
            if (Character.isLowSurrogate(second)) {
                return new String(new char[] {first, second});
            }
        }
        throw text.fail(at, "bad escape in a string: half of a surrogate pair");
    }

    private int hex(int at) throws TensorFormatException {
        int value = 0;
        for (int i = 0; i < 4; i++) {
            int b = text.next();
            int digit = b < 0 || b > 'f' ? -1 : Character.digit((char) b, 16);
            if (digit < 0) {
                throw text.fail(at, "bad escape in a string: \\u needs four hexadecimal digits");
            }
            value = 16 * value + digit;
        }
        return value;
    }

    /** A string as JSON writes it, quotes included; only what must be escaped is. */
    static String quoted(String plain) {
        StringBuilder json = new StringBuilder("\"");
        for (int i = 0; i < plain.length(); i++) {
            char c = plain.charAt(i);
            switch (c) {
                case '"' -> json.append("\\\"");
                case '\\' -> json.append("\\\\");
                case '\b' -> json.append("\\b");
                case '\f' -> json.append("\\f");
                case '\n' -> json.append("\\n");
                case '\r' -> json.append("\\r");
                case '\t' -> json.append("\\t");
                default -> json.append(c < ' ' ? String.format("\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        return json.append('"').toString();
    }
}
