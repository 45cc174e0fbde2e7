package espalier.sparsity.quant;

import espalier.sparsity.storage.HuffmanCode;
import espalier.sparsity.storage.RelativeIndex;
import espalier.sparsity.storage.StorageBits;
import java.util.Locale;

/**
 * What a pruned layer costs after each stage of Deep Compression (Han et al. 2016, section 5): pruned, with shared
 * values, Huffman coded. In bits.
 *
 * <p>The index is relative, with the width that is best at that stage, and dummies count as entries. Codes of a Huffman
 * stream are counted with their tables, 5 bits a symbol; the codebook is one of floats.
 *
 * @param weights how many weights
 * @param nonZeros how many are left
 * @param pruned floats with a relative index
 * @param shared symbols with a relative index, and the codebook
 * @param coded both streams Huffman coded, their tables, and the codebook
 */
public record DeepCompression(long weights, long nonZeros, long pruned, long shared, long coded) {
    /** Of a layer's symbols, 0 for pruned weights and 1 to k for k shared values. */
    public static DeepCompression of(int[] symbols, int k) {
        float[] pattern = new float[symbols.length];
        for (int i = 0; i < symbols.length; i++) {
            pattern[i] = symbols[i];
        }
        int[] positions = RelativeIndex.positions(pattern);
        int bits = StorageBits.widthFor(k + 1L);
        RelativeIndex index = RelativeIndex.best(positions, bits);
        return new DeepCompression(
                symbols.length,
                positions.length,
                RelativeIndex.best(positions, StorageBits.FLOAT).bits(StorageBits.FLOAT),
                index.bits(bits) + StorageBits.codebook(k),
                coded(symbols, k, positions) + StorageBits.codebook(k));
    }

    /** The two streams coded, with the width of the index for which they are shortest. */
    private static long coded(int[] symbols, int k, int[] positions) {
        long best = Long.MAX_VALUE;
        for (int width = 0; width <= 12; width++) {
            RelativeIndex.Runs runs = RelativeIndex.runs(positions, width);
            int[] values = new int[runs.runs().length];
            int next = 0;
            for (int i = 0; i < values.length; i++) {
                values[i] = runs.dummy()[i] ? 0 : symbols[positions[next++]];
            }
            long bits = coded(values, k + 1) + coded(runs.runs(), 1 << width);
            best = Math.min(best, bits);
        }
        return best;
    }

    private static long coded(int[] stream, int symbols) {
        long[] counts = StorageBits.counts(stream, symbols);
        HuffmanCode code = HuffmanCode.of(counts);
        return code.bits(counts) + code.tableBits();
    }

    /** Of both layers together. */
    public DeepCompression plus(DeepCompression other) {
        return new DeepCompression(
                weights + other.weights,
                nonZeros + other.nonZeros,
                pruned + other.pruned,
                shared + other.shared,
                coded + other.coded);
    }

    /** Dense floats. */
    public long dense() {
        return StorageBits.values(weights, StorageBits.FLOAT);
    }

    /** The bytes of each stage, and how many times fewer than those of dense floats. */
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,d of %,d weights: dense %,d bytes, pruned %,d (%.1fx), shared %,d (%.1fx), coded %,d (%.1fx)",
                nonZeros,
                weights,
                dense() / 8,
                (pruned + 7) / 8,
                (double) dense() / pruned,
                (shared + 7) / 8,
                (double) dense() / shared,
                (coded + 7) / 8,
                (double) dense() / coded);
    }
}
