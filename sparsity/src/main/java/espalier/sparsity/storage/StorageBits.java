package espalier.sparsity.storage;

/**
 * How many bits a layer takes in each form: values at their bit width, and whatever says where they are.
 *
 * <p>Pruning papers quote values alone ("data only") or values with index; Ma et al. (2022) compare non-structured and
 * structured pruning with the index counted, because it does not shrink when the values get fewer bits. For 430,500
 * weights of which 5 % are left, at 3 bits each:
 *
 * <pre>{@code
 * long values = StorageBits.values(21_525, 3);                          // 64,575 bits: 7.9 KB
 * double indexed = RelativeIndex.expectedBits(21_525, 0.05, 6, 3);      // 24.6 KB with a relative index of 6 bits
 * }</pre>
 *
 * <p>One KB is 1,024 bytes.
 */
public final class StorageBits {
    /** Bits of a float. */
    public static final int FLOAT = 32;

    private StorageBits() {}

    /** {@code count} values of {@code valueBits} each: a dense layer, or the data of a sparse one. */
    public static long values(long count, int valueBits) {
        requireCount("values", count);
        requireWidth("values", valueBits);
        return Math.multiplyExact(count, valueBits);
    }

    /** Non-zero values, and for every weight a bit that says whether it is one of them. */
    public static long bitMask(long weights, long nonZeros, int valueBits) {
        requireCount("bitMask", weights);
        if (nonZeros > weights) {
            throw new IllegalArgumentException("bitMask: " + nonZeros + " non-zeros of " + weights + " weights");
        }
        return Math.addExact(weights, values(nonZeros, valueBits));
    }

    /**
     * Compressed sparse rows: a value and a column for each non-zero, a pointer for each row and one more, each as
     * narrow as it can be: {@code N·(b + ⌈log₂ columns⌉) + (rows + 1)·⌈log₂(N + 1)⌉}.
     *
     * <p>A convolution's weight {@code [O, I, kH, kW]} has O rows and I·kH·kW columns.
     */
    public static long csr(long rows, long columns, long nonZeros, int valueBits) {
        requireCount("csr", rows);
        requireCount("csr", columns);
        long entries = Math.multiplyExact(nonZeros, widthFor(columns)) + values(nonZeros, valueBits);
        return Math.addExact(entries, Math.multiplyExact(rows + 1, widthFor(nonZeros + 1)));
    }

    /**
     * What is left when whole groups are gone: its values, dense, and a bit for every row and column of the original
     * that says whether it was kept.
     */
    public static long structured(long rows, long columns, long kept, int valueBits) {
        requireCount("structured", rows);
        requireCount("structured", columns);
        return Math.addExact(rows + columns, values(kept, valueBits));
    }

    /** A codebook of floats. */
    public static long codebook(long entries) {
        return values(entries, FLOAT);
    }

    /**
     * How many times smaller a dense layer of floats gets by sharing {@code k} values: 32·n over {@code n·⌈log₂ k⌉ +
     * 32·k} (Han et al. 2016, equation 1).
     */
    public static double sharingRatio(long weights, long k) {
        return (double) values(weights, FLOAT) / (values(weights, widthFor(k)) + codebook(k));
    }

    /** The fewest bits that tell {@code choices} apart, ⌈log₂ choices⌉: 0 for one choice, 8 for 129 to 256. */
    public static int widthFor(long choices) {
        requireCount("widthFor", choices);
        return choices <= 1 ? 0 : Long.SIZE - Long.numberOfLeadingZeros(choices - 1);
    }

    /**
     * The fewest bits any code of single symbols can take: {@code −Σ nᵢ·log₂(nᵢ/n)}, n times the entropy (Shannon
     * 1948).
     *
     * @param counts how often each symbol occurs
     */
    public static double entropy(long[] counts) {
        double total = 0;
        for (long count : counts) {
            requireCount("entropy", count);
            total += count;
        }
        double bits = 0;
        for (long count : counts) {
            bits -= count == 0 ? 0 : count * (Math.log(count / total) / Math.log(2));
        }
        return bits + 0.0; // no −0
    }

    /**
     * How often each of {@code symbols} occurs in a stream.
     *
     * @throws IllegalArgumentException if one is not from 0 to {@code symbols − 1}
     */
    public static long[] counts(int[] stream, int symbols) {
        long[] counts = new long[symbols];
        for (int i = 0; i < stream.length; i++) {
            if (stream[i] < 0 || stream[i] >= symbols) {
                throw new IllegalArgumentException(
                        "counts: symbol " + stream[i] + " at " + i + " is not one of " + symbols);
            }
            counts[stream[i]]++;
        }
        return counts;
    }

    private static void requireCount(String op, long count) {
        if (count < 0) {
            throw new IllegalArgumentException(op + ": a count cannot be " + count);
        }
    }

    private static void requireWidth(String op, int bits) {
        if (bits < 0 || bits > Long.SIZE) {
            throw new IllegalArgumentException(op + ": a value has from 0 to 64 bits, not " + bits);
        }
    }
}
