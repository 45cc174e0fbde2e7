package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.Parallel;
import espalier.tensor.packed.BinaryMatrix;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Dot products of signs: 64 multiply-adds are one exclusive or and one count of bits.
 *
 * <p>{@code c[i][j] = K - 2 * bitCount(a[i] xor b[j])} for rows of two binary matrices of K columns (Rastegari et al.
 * 2016, "XNOR-Net"). The lanes of a vector are rows of {@code b}, whose words are therefore gathered into panels first.
 * With AVX-512 the count is one instruction; with AVX2 it is a dozen, and the gain over floats a quarter of that.
 */
final class SignProduct {
    private static final VectorSpecies<Long> LONGS = LongVector.SPECIES_PREFERRED;
    private static final int LANES = LONGS.length();
    private static final VectorSpecies<Integer> INTS =
            VectorSpecies.of(int.class, VectorShape.forBitSize(Math.max(64, LANES * 32)));

    /** Columns of {@code c} in a panel. */
    private static final int WIDTH = 2 * LANES;

    /** Exclusive ors of a vector in a task: about 50 microseconds. */
    private static final long TASK_WORK = 1 << 15;

    private final BinaryMatrix a;
    private final long[] packed;

    SignProduct(BinaryMatrix a) {
        this.a = a;
        packed = pack(a);
    }

    /** {@code c [a.rows, b.rows]} from signs {@code a [.., K]} and {@code b [.., K]}; the scales play no part. */
    void multiply(Parallel parallel, BinaryMatrix b, int[] c, int cAt) {
        if (a.columns() != b.columns()) {
            throw new IllegalArgumentException("sign product: columns differ: " + a.columns() + " and " + b.columns());
        }
        int words = a.rowWords();
        int n = b.rows();
        int pairs = Math.ceilDiv(a.rows(), 2);
        int panels = Math.ceilDiv(n, WIDTH);
        int panelsPerTask = Math.clamp(TASK_WORK / Math.max(1L, 4L * pairs * words), 1, Math.max(1, panels));
        parallel.forEach(Math.ceilDiv(panels, panelsPerTask), task -> {
            long[] panel = new long[words * WIDTH];
            int[] tile = new int[2 * WIDTH];
            int end = Math.min(panels, (task + 1) * panelsPerTask);
            for (int p = task * panelsPerTask; p < end; p++) {
                int first = p * WIDTH;
                int width = Math.min(WIDTH, n - first);
                gather(b, first, width, panel);
                for (int pair = 0; pair < pairs; pair++) {
                    int at = cAt + 2 * pair * n + first;
                    if (width == WIDTH && 2 * pair + 1 < a.rows()) {
                        tile(words, a.columns(), packed, 2 * pair * words, panel, c, at, n);
                        continue;
                    }
                    tile(words, a.columns(), packed, 2 * pair * words, panel, tile, 0, WIDTH);
                    for (int i = 2 * pair; i < Math.min(a.rows(), 2 * pair + 2); i++) {
                        System.arraycopy(tile, i % 2 * WIDTH, c, cAt + i * n + first, width);
                    }
                }
            }
        });
    }

    /** The words of two rows next to each other: [pair][word][2]. */
    private static long[] pack(BinaryMatrix a) {
        int words = a.rowWords();
        long[] packed = new long[Math.ceilDiv(a.rows(), 2) * 2 * words];
        for (int row = 0; row < a.rows(); row++) {
            for (int w = 0; w < words; w++) {
                packed[(row / 2 * words + w) * 2 + row % 2] = a.word(row, w);
            }
        }
        return packed;
    }

    /** The words of {@code width} rows of {@code b} next to each other: [word][WIDTH]. */
    private static void gather(BinaryMatrix b, int first, int width, long[] panel) {
        for (int j = 0; j < width; j++) {
            for (int w = 0; w < b.rowWords(); w++) {
                panel[w * WIDTH + j] = b.word(first + j, w);
            }
        }
    }

    private static void tile(int words, int k, long[] a, int aAt, long[] b, int[] c, int cAt, int rowStride) {
        LongVector s00 = LongVector.zero(LONGS);
        LongVector s01 = LongVector.zero(LONGS);
        LongVector s10 = LongVector.zero(LONGS);
        LongVector s11 = LongVector.zero(LONGS);
        for (int w = 0; w < words; w++) {
            LongVector b0 = LongVector.fromArray(LONGS, b, w * WIDTH);
            LongVector b1 = LongVector.fromArray(LONGS, b, w * WIDTH + LANES);
            LongVector a0 = LongVector.broadcast(LONGS, a[aAt + 2 * w]);
            LongVector a1 = LongVector.broadcast(LONGS, a[aAt + 2 * w + 1]);
            s00 = s00.add(a0.lanewise(VectorOperators.XOR, b0).lanewise(VectorOperators.BIT_COUNT));
            s01 = s01.add(a0.lanewise(VectorOperators.XOR, b1).lanewise(VectorOperators.BIT_COUNT));
            s10 = s10.add(a1.lanewise(VectorOperators.XOR, b0).lanewise(VectorOperators.BIT_COUNT));
            s11 = s11.add(a1.lanewise(VectorOperators.XOR, b1).lanewise(VectorOperators.BIT_COUNT));
        }
        // k - 2·differences, as a vector of ints
        IntVector c00 = (IntVector) s00.add(s00).neg().add(k).convertShape(VectorOperators.L2I, INTS, 0);
        c00.intoArray(c, cAt);
        IntVector c01 = (IntVector) s01.add(s01).neg().add(k).convertShape(VectorOperators.L2I, INTS, 0);
        c01.intoArray(c, cAt + LANES);
        IntVector c10 = (IntVector) s10.add(s10).neg().add(k).convertShape(VectorOperators.L2I, INTS, 0);
        c10.intoArray(c, cAt + rowStride);
        IntVector c11 = (IntVector) s11.add(s11).neg().add(k).convertShape(VectorOperators.L2I, INTS, 0);
        c11.intoArray(c, cAt + rowStride + LANES);
    }
}
