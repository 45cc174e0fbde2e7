package espalier.sparsity.export;

import espalier.tensor.io.TensorFormatException;
import java.util.Arrays;
import java.util.PriorityQueue;
import java.util.stream.IntStream;

/**
 * A canonical Huffman code: known by the lengths of its words alone (Huffman 1952; Deutsch 1996, RFC 1951, section
 * 3.2.2). Words of one length are numbers that follow one another, in the order of their symbols.
 */
final class HuffmanCode {
    /** The longest word. A tree that is deeper is flattened, at the cost of a few bits. */
    static final int LONGEST = 24;

    private static final int LENGTH_BITS = 5;

    private final int[] lengths;

    private HuffmanCode(int[] lengths) {
        this.lengths = lengths;
    }

    private record Tree(long weight, int order, int[] symbols) {}

    /** The best code for symbols that occur so often. A single symbol gets no bits. */
    static HuffmanCode of(long[] counts) {
        long[] weights = counts.clone();
        int[] lengths = lengths(weights);
        while (Arrays.stream(lengths).max().orElse(0) > LONGEST) {
            for (int i = 0; i < weights.length; i++) {
                weights[i] = weights[i] / 2 + 1; // halving evens the counts out, until the tree is flat enough
            }
            lengths = lengths(weights);
        }
        return new HuffmanCode(lengths);
    }

    private static int[] lengths(long[] weights) {
        int[] lengths = new int[weights.length];
        PriorityQueue<Tree> trees = new PriorityQueue<>(
                (a, b) -> a.weight != b.weight ? Long.compare(a.weight, b.weight) : Integer.compare(a.order, b.order));
        for (int symbol = 0; symbol < weights.length; symbol++) {
            trees.add(new Tree(weights[symbol], symbol, new int[] {symbol}));
        }
        for (int order = weights.length; trees.size() > 1; order++) {
            Tree a = trees.remove();
            Tree b = trees.remove();
            int[] symbols = IntStream.concat(Arrays.stream(a.symbols), Arrays.stream(b.symbols))
                    .toArray();
            for (int symbol : symbols) {
                lengths[symbol]++;
            }
            trees.add(new Tree(a.weight + b.weight, order, symbols));
        }
        return lengths;
    }

    /** The bits that a symbol takes. */
    int length(int symbol) {
        return lengths[symbol];
    }

    /** The words of the symbols, to be written from their highest bit on. */
    private int[] words() {
        int[] words = new int[lengths.length];
        int word = 0;
        for (int length = 1; length <= LONGEST; length++) {
            word <<= 1;
            for (int symbol = 0; symbol < lengths.length; symbol++) {
                if (lengths[symbol] == length) {
                    words[symbol] = word++;
                }
            }
        }
        return words;
    }

    /** Writes the lengths of the words, then the symbols. */
    void write(int[] symbols, BitWriter to) {
        for (int length : lengths) {
            to.bits(length, LENGTH_BITS);
        }
        int[] words = words();
        for (int symbol : symbols) {
            to.bits(Integer.reverse(words[symbol]) >>> (32 - lengths[symbol]) % 32, lengths[symbol]);
        }
    }

    /** Reads the lengths of the words of an alphabet, then so many symbols. */
    static int[] read(int alphabet, int count, BitReader from) throws TensorFormatException {
        int[] lengths = new int[alphabet];
        long room = 0; // what the words take of the whole, in parts of 2^-LONGEST
        for (int symbol = 0; symbol < alphabet; symbol++) {
            lengths[symbol] = (int) from.bits(LENGTH_BITS);
            if (lengths[symbol] > LONGEST || lengths[symbol] == 0 && alphabet > 1) {
                throw from.refusal("symbol " + symbol + " has a word of " + lengths[symbol] + " bits");
            }
            room += 1L << LONGEST - lengths[symbol];
        }
        if (room != 1L << LONGEST) {
            throw from.refusal("the lengths of the words make no Huffman code");
        }
        return new HuffmanCode(lengths).symbols(count, from);
    }

    private int[] symbols(int count, BitReader from) throws TensorFormatException {
        int[] symbols = new int[count];
        if (lengths.length == 1) {
            return symbols;
        }
        int[] words = new int[LONGEST + 1];
        for (int length : lengths) {
            words[length]++;
        }
        int[] sorted = IntStream.range(0, lengths.length)
                .boxed()
                .sorted((a, b) -> Integer.compare(lengths[a], lengths[b]))
                .mapToInt(i -> i)
                .toArray();
        for (int i = 0; i < count; i++) {
            int first = 0; // the first word of this length
            int index = 0; // the symbols with shorter words
            int word = 0;
            for (int length = 1; ; length++) {
                word = word << 1 | (int) from.bits(1);
                first <<= 1;
                if (word - first < words[length]) {
                    symbols[i] = sorted[index + word - first];
                    break;
                }
                first += words[length];
                index += words[length];
            }
        }
        return symbols;
    }
}
