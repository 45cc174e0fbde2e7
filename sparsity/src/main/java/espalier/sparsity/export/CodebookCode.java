package espalier.sparsity.export;

import espalier.tensor.io.TensorFormatException;
import java.util.Locale;
import java.util.TreeMap;

/**
 * Values as numbers into a table of the different ones: shared weights (Han et al. 2016, section 3). The table comes
 * first, ascending, then the numbers, of a fixed width or in Huffman codes.
 */
final class CodebookCode {
    /** The largest table. */
    private static final int LARGEST = 1 << 16;

    private CodebookCode() {}

    static void write(String name, Coding coding, float[] values, BitWriter to) {
        TreeMap<Float, Integer> numbers = new TreeMap<>();
        for (float value : values) {
            numbers.put(value + 0f, 0); // adding +0.0 turns -0.0 into +0.0
            if (numbers.size() > LARGEST) {
                throw new IllegalArgumentException(coding.toString().toLowerCase(Locale.ROOT) + ": " + name
                        + " has more than " + LARGEST + " different values");
            }
        }
        to.number(numbers.size());
        int next = 0;
        for (var entry : numbers.entrySet()) {
            to.real(entry.getKey());
            entry.setValue(next++);
        }
        int[] symbols = new int[values.length];
        long[] counts = new long[numbers.size()];
        for (int i = 0; i < values.length; i++) {
            symbols[i] = numbers.getOrDefault(values[i] + 0f, 0);
            counts[symbols[i]]++;
        }
        if (coding == Coding.HUFFMAN) {
            HuffmanStream.write(symbols, counts, to);
            return;
        }
        int width = IndexCode.width(counts.length);
        for (int symbol : symbols) {
            to.bits(symbol, width);
        }
    }

    static float[] read(Coding coding, int count, BitReader from) throws TensorFormatException {
        int size = from.number("the size of the codebook", count == 0 ? 0 : 1, LARGEST);
        ValueCode.requireRoom(size, 32, from);
        float[] book = new float[size];
        for (int i = 0; i < size; i++) {
            book[i] = from.real();
        }
        int width = IndexCode.width(size);
        if (size > 1) {
            ValueCode.requireRoom(count, coding == Coding.HUFFMAN ? 1 : width, from);
        }
        float[] values = new float[count];
        int[] symbols = coding == Coding.HUFFMAN && size > 0 ? HuffmanStream.read(size, count, from) : new int[0];
        for (int i = 0; i < count; i++) {
            int symbol = symbols.length > 0 ? symbols[i] : (int) from.bits(width);
            if (symbol >= size) {
                throw from.refusal("value " + symbol + " of a codebook of " + size);
            }
            values[i] = book[symbol];
        }
        return values;
    }
}
