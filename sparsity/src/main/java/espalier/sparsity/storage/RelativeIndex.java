package espalier.sparsity.storage;

import java.util.Arrays;

/**
 * Where the non-zeros are, each by the number of zeros before it (Han et al. 2016, section 2, figure 2).
 *
 * <p>A run has a fixed width of p bits, so it goes from 0 to 2<sup>p</sup>−1. A longer gap is bridged by dummies:
 * stored zeros with the longest run, each of which takes 2<sup>p</sup> positions, its own included. Non-zeros at 1, 4
 * and 15 with p = 3:
 *
 * <pre>
 *   position   1   4   12        15
 *   run        1   2   7 dummy   2          4 entries
 * </pre>
 *
 * <pre>{@code
 * RelativeIndex index = RelativeIndex.best(RelativeIndex.positions(weights), 3);
 * long bits = index.bits(3);
 * }</pre>
 *
 * @param width bits of a run, 0 to 30
 * @param nonZeros non-zeros
 * @param dummies stored zeros that bridge long gaps
 */
public record RelativeIndex(int width, long nonZeros, long dummies) {
    /** The widest run. */
    public static final int MAX_WIDTH = 30;

    /** Checks the ranges. */
    public RelativeIndex {
        requireWidth(width);
        if (nonZeros < 0 || dummies < 0) {
            throw new IllegalArgumentException(
                    "relativeIndex: " + nonZeros + " non-zeros and " + dummies + " dummies are no index");
        }
    }

    /** What is stored: non-zeros and dummies. */
    public long entries() {
        return nonZeros + dummies;
    }

    /** Bits of all entries, each with a value of {@code valueBits}: dummies have values, too. */
    public long bits(int valueBits) {
        return StorageBits.values(entries(), valueBits + width);
    }

    /** The part of {@link #bits} that is runs. */
    public long indexBits() {
        return StorageBits.values(entries(), width);
    }

    /** The positions, ascending, of what is not zero; −0.0 is zero. */
    public static int[] positions(float[] weights) {
        int[] positions = new int[weights.length];
        int count = 0;
        for (int i = 0; i < weights.length; i++) {
            if (weights[i] != 0) {
                positions[count++] = i;
            }
        }
        return Arrays.copyOf(positions, count);
    }

    /**
     * The index of these positions with runs of one width.
     *
     * @param positions ascending, from 0
     */
    public static RelativeIndex of(int[] positions, int width) {
        requireWidth(width);
        long dummies = 0;
        int next = 0;
        for (int i = 0; i < positions.length; i++) {
            dummies += gap(positions, i, next) >>> width;
            next = positions[i] + 1;
        }
        return new RelativeIndex(width, positions.length, dummies);
    }

    /** The index with the fewest bits for values of this width; of two the narrower. */
    public static RelativeIndex best(int[] positions, int valueBits) {
        RelativeIndex best = of(positions, 0);
        for (int width = 1; width <= MAX_WIDTH; width++) {
            RelativeIndex other = of(positions, width);
            best = other.bits(valueBits) < best.bits(valueBits) ? other : best;
        }
        return best;
    }

    /**
     * The streams themselves: for each entry its run, and whether it is a dummy.
     *
     * @param runs each from 0 to 2<sup>p</sup>−1
     * @param dummy true where the entry's value is a stored zero
     */
    public record Runs(int[] runs, boolean[] dummy) {
        @Override
        public boolean equals(Object other) {
            return other instanceof Runs that && Arrays.equals(runs, that.runs) && Arrays.equals(dummy, that.dummy);
        }

        @Override
        public int hashCode() {
            return Arrays.hashCode(runs);
        }

        /**
         * The positions of the entries that are no dummies.
         *
         * @throws ArithmeticException if a position would be no int
         */
        public int[] positions() {
            int[] positions = new int[runs.length];
            int count = 0;
            int next = 0;
            for (int i = 0; i < runs.length; i++) {
                next = Math.addExact(next, Math.addExact(runs[i], 1));
                if (!dummy[i]) {
                    positions[count++] = next - 1;
                }
            }
            return Arrays.copyOf(positions, count);
        }
    }

    /** The runs of these positions, as {@link #of} counts them. */
    public static Runs runs(int[] positions, int width) {
        int entries = Math.toIntExact(of(positions, width).entries());
        int[] runs = new int[entries];
        boolean[] dummy = new boolean[entries];
        int longest = (1 << width) - 1;
        int at = 0;
        int next = 0;
        for (int position : positions) {
            int left = position - next;
            for (; left > longest; left -= longest + 1) {
                runs[at] = longest;
                dummy[at++] = true;
            }
            runs[at++] = left;
            next = position + 1;
        }
        return new Runs(runs, dummy);
    }

    /**
     * How many dummies to expect when non-zeros lie at random with a density d: {@code N·q/(1 − q)} with {@code q = (1
     * − d)^(2^p)}, the part of gaps that a run cannot bridge.
     */
    public static double expectedDummies(long nonZeros, double density, int width) {
        requireWidth(width);
        if (!(density > 0 && density <= 1)) {
            throw new IllegalArgumentException("relativeIndex: a density lies above 0 and up to 1, not at " + density);
        }
        double q = Math.pow(1 - density, Math.scalb(1.0, width));
        return nonZeros * q / (1 - q);
    }

    /** The expected bits of values and runs. */
    public static double expectedBits(long nonZeros, double density, int width, int valueBits) {
        return (nonZeros + expectedDummies(nonZeros, density, width)) * (valueBits + width);
    }

    /** The width with the fewest expected bits; of two the narrower. */
    public static int bestExpectedWidth(double density, int valueBits) {
        int best = 0;
        for (int width = 1; width <= MAX_WIDTH; width++) {
            best = expectedBits(1, density, width, valueBits) < expectedBits(1, density, best, valueBits)
                    ? width
                    : best;
        }
        return best;
    }

    private static int gap(int[] positions, int i, int next) {
        if (positions[i] < next) {
            throw new IllegalArgumentException("relativeIndex: positions ascend from 0; number " + i + " is "
                    + positions[i] + " after " + (next - 1));
        }
        return positions[i] - next;
    }

    private static void requireWidth(int width) {
        if (width < 0 || width > MAX_WIDTH) {
            throw new IllegalArgumentException("relativeIndex: a run has from 0 to 30 bits, not " + width);
        }
    }
}
