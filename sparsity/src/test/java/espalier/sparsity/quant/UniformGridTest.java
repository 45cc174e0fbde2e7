package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.packed.Int8Matrix;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Worked grids, ties, the ends of floating point, and the int8 form of packed matrices. */
class UniformGridTest {
    @Test
    void affine() {
        UniformGrid grid = UniformGrid.affine(-1, 3, 8);
        assertEquals(0.0156862745, grid.scale(), 1e-9);
        assertEquals(64, grid.zeroPoint()); // 63.75
        assertEquals(128, grid.code(1.0));
        assertEquals(1.0039216, grid.value(128), 1e-7);
        assertEquals(0, grid.nearest(0.0));
        assertEquals(0, grid.code(-9));
        assertEquals(255, grid.code(9));
        assertEquals(-64, UniformGrid.signedAffine(-1, 3, 8).zeroPoint());
        assertEquals(256, grid.levels());
    }

    @Test
    void symmetric() {
        UniformGrid grid = UniformGrid.symmetric(0.635, 8);
        assertEquals(0.005, grid.scale(), 1e-9);
        assertEquals(-40, grid.code(-0.2));
        assertEquals(-127, grid.code(-7));
        assertEquals(255, grid.levels());
        assertEquals(3, UniformGrid.symmetric(1, 2).levels());
    }

    @Test
    void zeroIsAlwaysOnTheGrid() {
        UniformGrid above = UniformGrid.affine(2, 5, 8); // becomes 0 to 5
        assertEquals(0, above.zeroPoint());
        assertEquals(5 / 255.0, above.scale(), 1e-9);
        UniformGrid below = UniformGrid.affine(-5, -2, 8);
        assertEquals(255, below.zeroPoint());
        assertEquals(0, below.nearest(0.0));
    }

    @Test
    void anEmptyRangeHasScaleOne() {
        assertEquals(new UniformGrid(1, 0, 0, 255), UniformGrid.affine(0, 0, 8));
        assertEquals(new UniformGrid(1, 0, -127, 127), UniformGrid.symmetric(0, 8));
        assertEquals(Float.MIN_VALUE, UniformGrid.symmetric(Float.MIN_VALUE, 8).scale());
    }

    @Test
    void halvesGoAwayFromZero() {
        UniformGrid grid = new UniformGrid(1, 0, -127, 127);
        float[] x = {0.5f, -0.5f, 1.5f, -1.5f, 2.5f, -2.5f, 0.49999997f, -0.49999997f, 1.4999999f, 0, -0.0f};
        float[] rounded = {1, -1, 2, -2, 3, -3, 0, 0, 1, 0, 0};
        int[] codes = {1, -1, 2, -2, 3, -3, 0, 0, 1, 0, 0};
        assertArrayEquals(rounded, grid.nearest(Tensor.of(x)).add(0).toFloats());
        assertArrayEquals(codes, grid.codes(Tensor.of(x)).toInts());
        for (int i = 0; i < x.length; i++) {
            assertEquals(codes[i], grid.code(x[i]));
        }
        assertEquals(0, grid.code(Math.nextDown(0.5)));
        // whole numbers too large to add a half to
        UniformGrid wide = new UniformGrid(1, 0, -(1 << 24), 1 << 24);
        assertEquals(
                8_388_609f, wide.nearest(Tensor.of(new float[] {8_388_609})).item());
    }

    @Test
    void nothingIsFurtherThanHalfAStepFromItsNearest() {
        RandomSource random = RandomSource.of(4);
        for (int bits = 2; bits <= 16; bits++) {
            UniformGrid grid = UniformGrid.affine(-0.7, 1.9, bits);
            for (int i = 0; i < 200; i++) {
                double x = -0.6 + 2.4 * random.nextDouble();
                assertEquals(x, grid.nearest(x), grid.scale() * 0.50001 + 1e-6);
            }
        }
    }

    @Test
    void perChannelIsEachChannelByItself() {
        float[] w = {0.635f, -0.2f, 0.1f, 12.7f, -3.04f, 0, 0, 0, 0};
        Grids grids = WeightScheme.perChannel(8).grids(Tensor.of(w, 3, 1, 1, 3));
        assertArrayEquals(new float[] {0.005f, 0.1f, 1}, grids.scales(), 1e-8f);
        assertArrayEquals(new int[3], grids.zeroPoints());
        assertEquals(8, grids.bits());
        assertArrayEquals(
                new int[] {127, -40, 20, 127, -30, 0, 0, 0, 0},
                grids.codes(Tensor.of(w, 3, 1, 1, 3)).toInts());
        assertArrayEquals(
                new float[] {0.635f, -0.2f, 0.1f, 12.7f, -3.0f, 0, 0, 0, 0},
                grids.nearest(Tensor.of(w, 3, 1, 1, 3)).toFloats(),
                1e-6f);
        Grids whole = WeightScheme.perTensor(8).grids(Tensor.of(w, 3, 1, 1, 3));
        assertArrayEquals(new float[] {0.1f}, whole.scales(), 1e-8f);
    }

    @Test
    void affinePerChannel() {
        Grids grids = new Grids(java.util.List.of(UniformGrid.affine(-1, 3, 8), UniformGrid.affine(0, 2.55, 8)));
        Tensor x = Tensor.of(new float[] {1, -9, 9, 1, -9, 9}, 2, 3);
        assertArrayEquals(new int[] {128, 0, 255, 100, 0, 255}, grids.codes(x).toInts());
        float low = -64 * 4 / 255f;
        assertArrayEquals(
                new float[] {1.0039216f, low, 191 * 4 / 255f, 1, 0, 2.55f},
                grids.nearest(x).toFloats(),
                1e-5f);
    }

    @Test
    void packsToTheSameNumbersAsAnInt8Matrix() {
        RandomSource random = RandomSource.of(9);
        float[] w = new float[7 * 13];
        for (int i = 0; i < w.length; i++) {
            w[i] = i % 3 == 0 ? 0 : (float) random.nextGaussian();
        }
        Grids grids = WeightScheme.perChannel(8).grids(Tensor.of(w, 7, 13));
        Tensor codes = grids.codes(Tensor.of(w, 7, 13));
        byte[] bytes = new byte[w.length];
        int[] ints = codes.toInts();
        for (int i = 0; i < ints.length; i++) {
            bytes[i] = (byte) ints[i];
        }
        Int8Matrix packed = new Int8Matrix(7, 13, bytes, grids.scales());
        assertEquals(Int8Matrix.of(w, 7, 13), packed);
        assertArrayEquals(
                packed.toDense(), grids.nearest(Tensor.of(w, 7, 13)).add(0).toFloats());
    }

    @Test
    void fewBitsAreBetterClipped() {
        float[] w = new float[1000];
        RandomSource random = RandomSource.of(1);
        for (int i = 0; i < w.length; i++) {
            w[i] = (float) random.nextGaussian();
        }
        Tensor x = Tensor.of(w, 1, 1000);
        double max = x.abs().maxOver().item();
        for (int bits : new int[] {2, 3, 4}) {
            double least = Double.POSITIVE_INFINITY;
            for (int percent = 40; percent <= 100; percent++) {
                UniformGrid grid = UniformGrid.symmetric(max * percent / 100, bits);
                least = Math.min(least, x.sub(grid.nearest(x)).square().sum().item());
            }
            Grids clipped = WeightScheme.perChannel(bits).with(Clip.MSE).grids(x);
            assertEquals(least, x.sub(clipped.nearest(x)).square().sum().item(), 1e-4 * least);
            Grids whole = WeightScheme.perChannel(bits).grids(x);
            assertTrue(least < 0.95 * x.sub(whole.nearest(x)).square().sum().item());
        }
    }

    @Test
    void mistakes() {
        assertThrows(IllegalArgumentException.class, () -> UniformGrid.affine(1, Double.NaN, 8));
        assertThrows(IllegalArgumentException.class, () -> UniformGrid.affine(0, Double.POSITIVE_INFINITY, 8));
        assertThrows(IllegalArgumentException.class, () -> UniformGrid.affine(2, 1, 8));
        assertThrows(IllegalArgumentException.class, () -> UniformGrid.symmetric(-1, 8));
        assertThrows(IllegalArgumentException.class, () -> UniformGrid.symmetric(1, 1));
        assertThrows(IllegalArgumentException.class, () -> UniformGrid.affine(0, 1, 17));
        assertThrows(IllegalArgumentException.class, () -> new UniformGrid(0, 0, -1, 1));
        assertThrows(IllegalArgumentException.class, () -> new UniformGrid(1, 2, -1, 1));
        float[] w = {1, Float.NaN};
        assertThrows(
                IllegalArgumentException.class, () -> WeightScheme.perTensor(8).grids(Tensor.of(w)));
        assertThrows(IllegalArgumentException.class, () -> new Grids(Arrays.asList()));
    }
}
