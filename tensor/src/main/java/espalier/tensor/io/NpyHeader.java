package espalier.tensor.io;

import espalier.tensor.DType;
import espalier.tensor.Shape;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The dictionary at the head of an npy file, such as {@code {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3),
 * }}.
 *
 * <p>NumPy calls it a Python literal; read here is the little of that language which it uses, and nothing is evaluated.
 *
 * @param dtype the type of the elements
 * @param bigEndian whether the bytes of each element stand most significant first
 * @param fortranOrder whether the first axis varies fastest, not the last
 * @param shape the sizes
 */
record NpyHeader(DType dtype, boolean bigEndian, boolean fortranOrder, Shape shape) {
    /** The bytes every npy file begins with. */
    static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

    /** Magic, version 1.0 and two bytes of length. */
    private static final int PREFIX = 10;

    /** NumPy lets the data begin at a multiple of this. */
    private static final int ALIGNMENT = 64;

    /** The header of a tensor as this library writes it: little-endian and row-major. */
    static NpyHeader of(DType dtype, Shape shape) {
        return new NpyHeader(dtype, false, false, shape);
    }

    /** Bytes the elements take. */
    long dataBytes() {
        return (long) shape.size() * dtype.bytes();
    }

    /** The head of a file in version 1.0, from the magic up to the first element, as NumPy pads it. */
    byte[] toBytes() {
        String sizes = Arrays.stream(shape.toArray()).mapToObj(String::valueOf).collect(Collectors.joining(", "));
        String dictionary = "{'descr': '" + code(dtype) + "', 'fortran_order': False, 'shape': (" + sizes
                + (shape.rank() == 1 ? ",)" : ")") + ", }";
        byte[] text = dictionary.getBytes(StandardCharsets.US_ASCII);
        int total = (PREFIX + text.length + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        byte[] head = new byte[total];
        Arrays.fill(head, (byte) ' ');
        System.arraycopy(MAGIC, 0, head, 0, MAGIC.length);
        head[6] = 1;
        head[7] = 0;
        head[8] = (byte) (total - PREFIX);
        head[9] = (byte) ((total - PREFIX) >> 8);
        System.arraycopy(text, 0, head, PREFIX, text.length);
        head[total - 1] = '\n';
        return head;
    }

    /** NumPy's code of a type. */
    static String code(DType dtype) {
        return switch (dtype) {
            case F64 -> "<f8";
            case F32 -> "<f4";
            case F16 -> "<f2";
            case I64 -> "<i8";
            case I32 -> "<i4";
            case I8 -> "|i1";
            case U8 -> "|u1";
            case BOOL -> "|b1";
        };
    }

    /** Reads the dictionary, which begins at byte {@code start} of {@code source}. */
    static NpyHeader parse(String source, long start, byte[] dictionary) throws TensorFormatException {
        return new Parser(new HeaderText(source, start, dictionary)).parse();
    }

    private static final class Parser {
        private final HeaderText text;
        private Optional<DType> dtype = Optional.empty();
        private boolean bigEndian;
        private Optional<Boolean> fortranOrder = Optional.empty();
        private Optional<Shape> shape = Optional.empty();

        Parser(HeaderText text) {
            this.text = text;
        }

        NpyHeader parse() throws TensorFormatException {
            text.expect('{', "at the beginning of the header");
            Set<String> seen = new HashSet<>();
            while (!text.accept('}')) {
                text.skipBlank();
                int keyAt = text.at();
                String key = string("a key");
                if (!seen.add(key)) {
                    throw text.fail(keyAt, "key " + HeaderText.quote(key) + " comes twice");
                }
                text.expect(':', "after a key");
                switch (key) {
                    case "descr" -> readType();
                    case "fortran_order" -> fortranOrder = Optional.of(truth());
                    case "shape" -> shape = Optional.of(tuple());
                    default -> throw text.fail(keyAt, "unknown key " + HeaderText.quote(key));
                }
                if (!text.accept(',')) {
                    text.expect('}', "or ',' after a value");
                    break;
                }
            }
            text.expectEnd("the header's closing '}'");
            return new NpyHeader(
                    dtype.orElseThrow(() -> missing("descr")),
                    bigEndian,
                    fortranOrder.orElseThrow(() -> missing("fortran_order")),
                    shape.orElseThrow(() -> missing("shape")));
        }

        private TensorFormatException missing(String key) {
            return text.fail("the header has no key '" + key + "'");
        }

        /** Takes a string in single or double quotes; NumPy never writes an escape into one. */
        private String string(String what) throws TensorFormatException {
            text.skipBlank();
            int quote = text.peek();
            if (quote != '\'' && quote != '"') {
                throw text.fail("expected a string for " + what + ", found " + text.found());
            }
            text.next();
            int from = text.at();
            while (text.peek() != quote) {
                if (text.peek() < ' ' || text.peek() == '\\' || text.peek() > '~') {
                    throw text.fail("expected plain ASCII in " + what + ", found " + text.found());
                }
                text.next();
            }
            String plain = text.text(from, StandardCharsets.US_ASCII);
            text.next();
            return plain;
        }

        private void readType() throws TensorFormatException {
            text.skipBlank();
            int at = text.at();
            if (text.peek() == '[') {
                throw text.fail("a structured type cannot be a tensor; save its fields one by one");
            }
            String found = string("descr");
            if (found.endsWith("O")) {
                throw text.fail(at, "descr '" + found + "' means Python objects in a pickle, which is never loaded");
            }
            for (DType candidate : DType.values()) {
                String code = code(candidate).substring(1);
                if (found.length() == 3 && found.endsWith(code) && fits(found.charAt(0), candidate)) {
                    dtype = Optional.of(candidate);
                    bigEndian = found.startsWith(">");
                    return;
                }
            }
            throw text.fail(
                    at,
                    "descr " + HeaderText.quote(found) + " is not one of "
                            + List.of(DType.values()).stream()
                                    .map(NpyHeader::code)
                                    .toList() + " or its '>' form");
        }

        /** Whether this byte order ({@code <}, {@code >}, or {@code |} for none) can be said of the type. */
        private static boolean fits(char order, DType dtype) {
            return order == '<' || order == '>' || (order == '|' && dtype.bytes() == 1);
        }

        private boolean truth() throws TensorFormatException {
            text.skipBlank();
            int from = text.at();
            while (text.peek() >= 'A' && text.peek() <= 'z') {
                text.next();
            }
            String word = text.text(from, StandardCharsets.US_ASCII);
            if (!word.equals("True") && !word.equals("False")) {
                throw text.fail(from, "fortran_order must be True or False");
            }
            return word.equals("True");
        }

        /** Takes a tuple of sizes: {@code ()}, {@code (3,)}, {@code (2, 3)}. */
        private Shape tuple() throws TensorFormatException {
            text.skipBlank();
            int first = text.at();
            int[] dims = new int[HeaderText.MAX_RANK];
            int rank = 0;
            text.expect('(', "for shape");
            while (!text.accept(')')) {
                if (rank == dims.length) {
                    throw text.fail(first, "shape has more than " + dims.length + " axes");
                }
                dims[rank++] = text.size();
                if (!text.accept(',')) {
                    text.expect(')', "or ',' in shape");
                    if (rank == 1) {
                        throw text.fail(first, "shape is a number in parentheses; a tuple of one has a comma");
                    }
                    break;
                }
            }
            return text.shape(Arrays.copyOf(dims, rank), first);
        }
    }
}
