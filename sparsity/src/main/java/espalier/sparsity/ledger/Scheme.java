package espalier.sparsity.ledger;

import espalier.sparsity.storage.HuffmanCode;
import espalier.sparsity.storage.RelativeIndex;
import espalier.sparsity.storage.StorageBits;
import java.util.Arrays;

/**
 * A way to write a layer's weights down. Non-structured pruning needs an index for every weight that is left,
 * structured pruning a short list for the layer: that, counted, is the argument of Ma et al. (2022).
 */
public enum Scheme {
    /** Every weight, zeros included, as one more value. */
    DENSE("dense") {
        @Override
        Storage of(WeightMatrix w) {
            Codebook codebook = w.codebookFor(w.values().length);
            return new Storage(StorageBits.values(w.values().length, codebook.bits()), 0, codebook.tableBits());
        }
    },

    /** Non-zeros, each with the number of zeros before it, at the width that costs least; dummies bridge long gaps. */
    RELATIVE("relative") {
        @Override
        Storage of(WeightMatrix w) {
            Codebook codebook = w.codebook();
            RelativeIndex index = RelativeIndex.best(RelativeIndex.positions(w.values()), codebook.bits());
            return indexed(w, index.bits(codebook.bits()));
        }
    },

    /** Non-zeros, each with its column, and a pointer for each row. */
    CSR("CSR") {
        @Override
        Storage of(WeightMatrix w) {
            return indexed(
                    w,
                    StorageBits.csr(
                            w.rows(), w.columns(), w.nonZeros(), w.codebook().bits()));
        }
    },

    /** Non-zeros, and for every weight a bit that says whether it is one. */
    BIT_MASK("bit-mask") {
        @Override
        Storage of(WeightMatrix w) {
            return indexed(
                    w,
                    StorageBits.bitMask(
                            w.values().length, w.nonZeros(), w.codebook().bits()));
        }
    },

    /**
     * Blocks of {@value #BLOCK_HEIGHT} rows of a column, each with its column, and a pointer for each row of blocks.
     */
    BLOCKS("4x1 blocks") {
        @Override
        Storage of(WeightMatrix w) {
            long blocks = w.keptBlocks(BLOCK_HEIGHT);
            Codebook codebook = w.codebookFor(BLOCK_HEIGHT * blocks);
            long index = StorageBits.csr(Math.ceilDiv(w.rows(), BLOCK_HEIGHT), w.columns(), blocks, 0);
            return new Storage(StorageBits.values(BLOCK_HEIGHT * blocks, codebook.bits()), index, codebook.tableBits());
        }
    },

    /** The rows and columns in which something is left, dense, and a bit for each that says whether it was kept. */
    STRUCTURED("structured") {
        @Override
        Storage of(WeightMatrix w) {
            long kept = (long) w.keptRows() * w.keptColumns();
            Codebook codebook = w.codebookFor(kept);
            long bits = StorageBits.structured(w.rows(), w.columns(), kept, codebook.bits());
            long values = StorageBits.values(kept, codebook.bits());
            return new Storage(values, bits - values, codebook.tableBits());
        }
    },

    /**
     * As {@link #RELATIVE}, with Huffman codes for runs, and for values that share one codebook, where those are
     * shorter (Han et al. 2016, section 4).
     */
    HUFFMAN("Huffman") {
        @Override
        Storage of(WeightMatrix w) {
            Codebook codebook = w.codebook();
            int[] positions = RelativeIndex.positions(w.values());
            Storage best = RELATIVE.of(w);
            for (int width = 1; width <= WIDEST_CODED_RUN; width++) {
                RelativeIndex.Runs runs = RelativeIndex.runs(positions, width);
                long index = coded(StorageBits.counts(runs.runs(), 1 << width), width);
                long values = switch (codebook.form()) {
                    case SHARED, SCALED -> coded(valueCounts(w.values(), positions, runs), codebook.bits());
                    case FLOAT, SHARED_BY_ROW, SCALED_BY_ROW -> StorageBits.values(runs.runs().length, codebook.bits());
                };
                Storage other = new Storage(values, index, codebook.tableBits());
                best = other.bits() < best.bits() ? other : best;
            }
            return best;
        }
    };

    private static final int BLOCK_HEIGHT = 4;
    private static final int WIDEST_CODED_RUN = 12;

    private final String label;

    Scheme(String label) {
        this.label = label;
    }

    /** Its name in tables. */
    public String label() {
        return label;
    }

    /** What a layer takes. */
    abstract Storage of(WeightMatrix w);

    /** Non-zeros and whatever else makes up {@code bits}, which is the index. */
    private static Storage indexed(WeightMatrix w, long bits) {
        Codebook codebook = w.codebook();
        long values = StorageBits.values(w.nonZeros(), codebook.bits());
        return new Storage(values, bits - values, codebook.tableBits());
    }

    /** A stream in a Huffman code, its table included, or at a fixed width if that is shorter. */
    private static long coded(long[] counts, int width) {
        HuffmanCode code = HuffmanCode.of(counts);
        long fixed = StorageBits.values(Arrays.stream(counts).sum(), width);
        return Math.min(fixed, code.bits(counts) + code.tableBits());
    }

    /** How often each different value is stored, the zeros of dummies included. */
    private static long[] valueCounts(float[] values, int[] positions, RelativeIndex.Runs runs) {
        float[] stored = new float[positions.length];
        for (int i = 0; i < stored.length; i++) {
            stored[i] = values[positions[i]];
        }
        Arrays.sort(stored);
        long[] counts = new long[stored.length + 1];
        int different = 0;
        for (int i = 0; i < stored.length; i++) {
            different += i == 0 || stored[i] != stored[i - 1] ? 1 : 0;
            counts[different]++;
        }
        counts[0] = runs.runs().length - (long) stored.length;
        return Arrays.copyOf(counts, different + 1);
    }
}
