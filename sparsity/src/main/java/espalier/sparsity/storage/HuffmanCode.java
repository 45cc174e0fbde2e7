package espalier.sparsity.storage;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.stream.IntStream;

/**
 * The shortest code of whole bits for single symbols (Huffman 1952), in canonical form: the lengths of the codes say
 * everything. Codes of one length are consecutive numbers in the order of their symbols, and begin where the shorter
 * ones end.
 *
 * <pre>{@code
 * HuffmanCode code = HuffmanCode.of(new long[] {50, 25, 15, 10});      // lengths 1, 2, 3, 3: 0, 10, 110, 111
 * long bits = code.bits(new long[] {50, 25, 15, 10});                  // 175; two bits each would be 200
 * byte[] packed = code.encode(new int[] {0, 2, 1});                    // 0 110 10, then zeros to the end of the byte
 * int[] symbols = code.decode(packed, 3);
 * }</pre>
 *
 * <p>A symbol that does not occur has length 0 and no code. A lone symbol has a code of one bit.
 */
public final class HuffmanCode {
    /** The longest code: a length fits 5 bits. */
    public static final int MAX_LENGTH = 31;

    private static final int LENGTH_BITS = 5;

    private final int[] lengths;
    private final int[] codes;
    private final int[] ordered; // symbols that have codes, by length and then by number
    private final int[] ofLength = new int[MAX_LENGTH + 1]; // how many codes of each length

    /**
     * The canonical code of these lengths, as a file holds them.
     *
     * @param lengths for each symbol from 0 (no code) to {@link #MAX_LENGTH}; copied
     * @throws IllegalArgumentException if no code has these lengths
     */
    public HuffmanCode(int[] lengths) {
        this.lengths = lengths.clone();
        long room = 1L << MAX_LENGTH;
        for (int symbol = 0; symbol < this.lengths.length; symbol++) {
            int length = this.lengths[symbol];
            if (length < 0 || length > MAX_LENGTH) {
                throw new IllegalArgumentException(
                        "huffman: symbol " + symbol + " has a code of " + length + " bits; 0 to 31 can be");
            }
            if (length > 0) {
                ofLength[length]++;
                room -= 1L << (MAX_LENGTH - length);
            }
        }
        if (room < 0) {
            throw new IllegalArgumentException("huffman: no code has these lengths: there are too many short ones");
        }
        ordered = byLength(this.lengths);
        codes = canonical(this.lengths, ordered);
    }

    private static int[] byLength(int[] lengths) {
        return IntStream.range(0, lengths.length)
                .filter(symbol -> lengths[symbol] > 0)
                .boxed()
                .sorted(Comparator.comparingInt(symbol -> lengths[symbol])) // stable: equal lengths by symbol
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private static int[] canonical(int[] lengths, int[] ordered) {
        int[] codes = new int[lengths.length];
        int code = 0;
        int length = 0;
        for (int symbol : ordered) {
            code <<= lengths[symbol] - length;
            length = lengths[symbol];
            codes[symbol] = code++;
        }
        return codes;
    }

    /** The best code for symbols that occur so often. */
    public static HuffmanCode of(long[] counts) {
        long[] weights = counts.clone();
        int[] lengths = treeDepths(weights);
        while (Arrays.stream(lengths).max().orElse(0) > MAX_LENGTH) {
            for (int i = 0; i < weights.length; i++) {
                weights[i] = (weights[i] + 1) / 2; // flatter counts, shorter codes
            }
            lengths = treeDepths(weights);
        }
        return new HuffmanCode(lengths);
    }

    /** A leaf (a symbol) or a pair of trees; its weight is how often it occurs. */
    private record Tree(long weight, int symbol, Tree[] pair) {}

    /**
     * Joins the two lightest trees until one is left. Leaves wait in one queue, sorted; joined trees in another, where
     * they arrive sorted. On equal weight the leaf goes first, which keeps the longest code short.
     */
    private static int[] treeDepths(long[] counts) {
        Deque<Tree> leaves = new ArrayDeque<>();
        IntStream.range(0, counts.length)
                .filter(symbol -> requireCount(counts[symbol]) > 0)
                .mapToObj(symbol -> new Tree(counts[symbol], symbol, new Tree[0]))
                .sorted(Comparator.comparingLong(Tree::weight))
                .forEach(leaves::add);
        int[] depths = new int[counts.length];
        if (leaves.size() == 1) {
            depths[leaves.element().symbol] = 1;
            return depths;
        }
        Deque<Tree> joined = new ArrayDeque<>();
        while (leaves.size() + joined.size() > 1) {
            Tree a = lightest(leaves, joined);
            Tree b = lightest(leaves, joined);
            joined.add(new Tree(Math.addExact(a.weight, b.weight), -1, new Tree[] {a, b}));
        }
        if (!joined.isEmpty()) {
            note(joined.element(), 0, depths);
        }
        return depths;
    }

    private static Tree lightest(Deque<Tree> leaves, Deque<Tree> joined) {
        if (leaves.isEmpty()) {
            return joined.remove();
        }
        return joined.isEmpty() || leaves.element().weight <= joined.element().weight
                ? leaves.remove()
                : joined.remove();
    }

    private static void note(Tree tree, int depth, int[] depths) {
        if (tree.pair.length == 0) {
            depths[tree.symbol] = depth;
        }
        for (Tree part : tree.pair) {
            note(part, depth + 1, depths);
        }
    }

    private static long requireCount(long count) {
        if (count < 0) {
            throw new IllegalArgumentException("huffman: a symbol cannot occur " + count + " times");
        }
        return count;
    }

    /** How many symbols there are, those without a code included. */
    public int symbols() {
        return lengths.length;
    }

    /** The length of a symbol's code in bits; 0 if it has none. */
    public int length(int symbol) {
        return lengths[symbol];
    }

    /** A symbol's code, in the low {@link #length} bits. */
    public int code(int symbol) {
        return codes[symbol];
    }

    /** The bits of a stream in which each symbol occurs so often, without the table. */
    public long bits(long[] counts) {
        long bits = 0;
        for (int symbol = 0; symbol < counts.length; symbol++) {
            requireCode(symbol, counts[symbol]);
            bits = Math.addExact(bits, counts[symbol] == 0 ? 0 : Math.multiplyExact(counts[symbol], lengths[symbol]));
        }
        return bits;
    }

    /** What a reader needs first: a length of 5 bits for each symbol. */
    public long tableBits() {
        return (long) lengths.length * LENGTH_BITS;
    }

    /**
     * The codes of a stream one after the other, the highest bit of a byte first; the last byte is filled with zeros.
     *
     * @throws IllegalArgumentException if a symbol has no code
     */
    public byte[] encode(int[] stream) {
        long bits = 0;
        for (int symbol : stream) {
            requireCode(symbol, 1);
            bits += lengths[symbol];
        }
        byte[] packed = new byte[Math.toIntExact((bits + 7) / 8)];
        long at = 0;
        for (int symbol : stream) {
            for (int bit = lengths[symbol] - 1; bit >= 0; bit--, at++) {
                packed[(int) (at >> 3)] |= (byte) ((codes[symbol] >> bit & 1) << (7 - (at & 7)));
            }
        }
        return packed;
    }

    /**
     * The first {@code count} symbols of a stream.
     *
     * @throws IllegalArgumentException if the bytes end too early or hold bits that are no code; nothing larger than
     *     they could hold is allocated
     */
    public int[] decode(byte[] packed, int count) {
        Bits bits = new Bits(packed);
        if (count < 0 || count > bits.available) {
            throw new IllegalArgumentException(
                    "huffman: " + packed.length + " bytes do not hold " + count + " symbols of a bit or more");
        }
        int[] stream = new int[count];
        for (int i = 0; i < count; i++) {
            bits.symbol = i;
            stream[i] = next(bits);
            if (stream[i] < 0) {
                throw bits.refusal("is no code");
            }
        }
        return stream;
    }

    /** Where bits come from, one at a time: 0 or 1. */
    @FunctionalInterface
    public interface BitSource<E extends Exception> {
        /** The next one. */
        int next() throws E;
    }

    /** The symbol whose code comes next, −1 if the next {@value #MAX_LENGTH} bits are no code. */
    public <E extends Exception> int next(BitSource<E> bits) throws E {
        int code = 0; // the bits read so far
        int first = 0; // the first code of this length
        int before = 0; // codes shorter than this
        for (int length = 1; length <= MAX_LENGTH; length++) {
            code = code << 1 | bits.next();
            first <<= 1;
            if (code - first < ofLength[length]) {
                return ordered[before + code - first];
            }
            first += ofLength[length];
            before += ofLength[length];
        }
        return -1;
    }

    /** Whether every sequence of bits begins with a code, so that none is wasted. */
    public boolean isComplete() {
        long room = 1L << MAX_LENGTH;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            room -= (long) ofLength[length] << (MAX_LENGTH - length);
        }
        return room == 0;
    }

    /** The bits of an array, the highest of a byte first. */
    private static final class Bits implements BitSource<IllegalArgumentException> {
        private final byte[] packed;
        private final long available;
        private long at;
        private int symbol;

        Bits(byte[] packed) {
            this.packed = packed;
            this.available = packed.length * 8L;
        }

        @Override
        public int next() {
            if (at == available) {
                throw refusal("is cut off");
            }
            int bit = packed[(int) (at >> 3)] >> (7 - (at & 7)) & 1;
            at++;
            return bit;
        }

        IllegalArgumentException refusal(String reason) {
            return new IllegalArgumentException("huffman: symbol " + symbol + " " + reason + " at bit " + at);
        }
    }

    private void requireCode(int symbol, long count) {
        if (symbol < 0 || symbol >= lengths.length || (count > 0 && lengths[symbol] == 0)) {
            throw new IllegalArgumentException("huffman: symbol " + symbol + " has no code among " + lengths.length);
        }
    }

    /** Two codes are equal if their lengths are. */
    @Override
    public boolean equals(Object other) {
        return other instanceof HuffmanCode that && Arrays.equals(lengths, that.lengths);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(lengths);
    }

    @Override
    public String toString() {
        return "HuffmanCode" + Arrays.toString(lengths);
    }
}
