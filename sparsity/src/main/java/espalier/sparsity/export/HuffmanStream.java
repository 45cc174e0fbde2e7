package espalier.sparsity.export;

import espalier.sparsity.storage.HuffmanCode;
import espalier.tensor.io.TensorFormatException;

/**
 * Symbols in a {@link HuffmanCode}: first the lengths of the codes, 5 bits each, then the codes one after the other,
 * each from its highest bit on. An alphabet of one symbol takes no bits.
 */
final class HuffmanStream {
    private static final int LENGTH_BITS = 5;

    private HuffmanStream() {}

    /**
     * Writes symbols.
     *
     * @param counts how often each symbol of the alphabet occurs, above 0
     */
    static void write(int[] symbols, long[] counts, BitWriter to) {
        if (counts.length == 1) {
            to.bits(0, LENGTH_BITS);
            return;
        }
        HuffmanCode code = HuffmanCode.of(counts);
        for (int symbol = 0; symbol < counts.length; symbol++) {
            to.bits(code.length(symbol), LENGTH_BITS);
        }
        for (int symbol : symbols) {
            int length = code.length(symbol);
            to.bits(Integer.reverse(code.code(symbol)) >>> (Integer.SIZE - length), length);
        }
    }

    /** Reads the lengths of an alphabet's codes, then so many symbols. */
    static int[] read(int alphabet, int count, BitReader from) throws TensorFormatException {
        int[] lengths = new int[alphabet];
        for (int symbol = 0; symbol < alphabet; symbol++) {
            lengths[symbol] = (int) from.bits(LENGTH_BITS);
            if ((lengths[symbol] == 0) != (alphabet == 1)) {
                throw from.refusal("symbol " + symbol + " has a code of " + lengths[symbol] + " bits");
            }
        }
        int[] symbols = new int[count];
        if (alphabet == 1) {
            return symbols;
        }
        HuffmanCode code = code(lengths, from);
        for (int i = 0; i < count; i++) {
            symbols[i] = code.next(() -> (int) from.bits(1));
        }
        return symbols;
    }

    private static HuffmanCode code(int[] lengths, BitReader from) throws TensorFormatException {
        HuffmanCode code;
        try {
            code = new HuffmanCode(lengths);
        } catch (IllegalArgumentException e) {
            throw from.refusal(String.valueOf(e.getMessage()));
        }
        if (!code.isComplete()) {
            throw from.refusal("the lengths of the codes make no Huffman code: some bits would be no code");
        }
        return code;
    }
}
