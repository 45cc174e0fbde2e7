package espalier.sparsity.export;

import java.util.Locale;

/**
 * A form in which a tensor can be packed: which elements are held, and how they are written. Any of the one goes with
 * any of the other.
 *
 * <pre>{@code
 * Form csr = new Form(Index.ROWS, Coding.F32);
 * Form deep = Form.parse("runs+codebook");       // relative index and shared weights, as in Deep Compression
 * }</pre>
 *
 * @param index which elements
 * @param coding how each is written
 */
public record Form(Index index, Coding coding) {
    /** All elements as floats. */
    public static final Form DENSE = new Form(Index.EVERY, Coding.F32);

    /**
     * From its two names with a plus between them; without one, the name of a coding, of all elements.
     *
     * @throws IllegalArgumentException listing the names there are
     */
    public static Form parse(String text) {
        int plus = text.indexOf('+');
        try {
            Index index = plus < 0 ? Index.EVERY : Index.valueOf(upper(text.substring(0, plus)));
            return new Form(index, Coding.valueOf(upper(text.substring(plus + 1))));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "form: there is no '" + text + "'; write INDEX+CODING with an index of "
                            + java.util.Arrays.toString(Index.values()).toLowerCase(Locale.ROOT) + " and a coding of "
                            + java.util.Arrays.toString(Coding.values()).toLowerCase(Locale.ROOT),
                    e);
        }
    }

    private static String upper(String word) {
        return word.strip().toUpperCase(Locale.ROOT);
    }

    /** The names, as {@link #parse} reads them. */
    @Override
    public String toString() {
        return (index + "+" + coding).toLowerCase(Locale.ROOT);
    }
}
