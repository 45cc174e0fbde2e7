package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** The vector and its worked projections: scale, integers and squared error of each set. */
class LevelsTest {
    private final Tensor v = Tensor.of(new float[] {0.9f, -0.4f, 0.2f, -1.1f, 0.05f, 0.6f});

    private void check(Levels levels, double scale, double error, int... q) {
        Tensor z = levels.nearest(v);
        assertEquals(scale, levels.scale(v), 1e-6);
        assertEquals(error, v.sub(z).sumOfSquares(false).item(), 1e-6);
        float[] expected = new float[q.length];
        for (int i = 0; i < q.length; i++) {
            expected[i] = (float) (scale * q[i]);
        }
        assertArrayEquals(expected, z.toFloats(), 1e-6f);
    }

    @Test
    void binary() {
        check(Levels.binary(), 0.5416667, 0.8220833, 1, -1, 1, -1, 1, 1);
    }

    @Test
    void ternary() {
        check(Levels.ternary(), 0.75, 0.3325, 1, -1, 0, -1, 0, 1);
    }

    @Test
    void threeBits() {
        check(Levels.bits(3), 0.3631579, 0.0767105, 2, -1, 1, -3, 0, 2);
    }

    @Test
    void fourBits() {
        check(Levels.bits(4), 0.1522523, 0.0094369, 6, -3, 1, -7, 0, 4);
    }

    @Test
    void prunedZerosStayAndOthersNeverBecomeZero() {
        Tensor pruned = Tensor.of(new float[] {0, 0.9f, 0, 0.01f, -1.1f});
        float[] z = Levels.bitsBesidePruned(2).nearest(pruned).toFloats();
        assertEquals(0, z[0]);
        assertEquals(0, z[2]);
        assertTrue(z[3] > 0);
        assertEquals(4, Levels.bitsBesidePruned(2).count());
    }

    @Test
    void allZerosStayZeroInSetsWithZero() {
        assertArrayEquals(new float[3], Levels.bits(3).nearest(Tensor.zeros(3)).toFloats());
    }

    /** Three are kept, the best by (sum of the k largest)²/k; by turns the search ends at four. */
    @Test
    void ternaryExactly() {
        check(Levels.ternary().with(ScaleSearch.EXACT), 0.8666667, 0.3291667, 1, 0, 0, -1, 0, 1);
    }

    /** The best scale lies at the lower edge of the window of ±10 % around max|v|/2, so the true one is missed. */
    @Test
    void theIntervalEndsAtTheEdgeOfItsWindow() {
        Levels two = new Levels(2, false, false);
        assertEquals(0.495, two.with(ScaleSearch.INTERVAL).scale(v), 1e-6);
        Tensor z = two.with(ScaleSearch.INTERVAL).nearest(v);
        assertEquals(0.3253, v.sub(z).sumOfSquares(false).item(), 1e-4);
        assertTrue(v.sub(two.with(ScaleSearch.EXACT).nearest(v))
                        .sumOfSquares(false)
                        .item()
                < 0.3253);
    }

    /** Against every scale of a fine grid, for odd sizes and sets. */
    @Test
    void exactIsBetterThanAnyScaleOfAGrid() {
        for (Levels levels : new Levels[] {
            Levels.binary(), Levels.ternary(), Levels.bits(3), Levels.bits(4), new Levels(4, false, false)
        }) {
            for (int n : new int[] {1, 2, 7, 61}) {
                Tensor w = RandomSource.of(n).normal(Device.cpu(), Shape.of(n));
                float[] x = w.toFloats();
                double best = Double.POSITIVE_INFINITY;
                for (double scale = 1e-3; scale < 4; scale += 1e-3) {
                    double error = 0;
                    for (float value : x) {
                        double nearest = Double.POSITIVE_INFINITY;
                        for (int q = levels.withZero() ? 0 : 1; q <= levels.largest(); q++) {
                            nearest = Math.min(nearest, Math.abs(Math.abs(value) - scale * q));
                        }
                        error += nearest * nearest;
                    }
                    best = Math.min(best, error);
                }
                Tensor z = levels.with(ScaleSearch.EXACT).nearest(w);
                double found = w.sub(z).sumOfSquares(false).item();
                assertTrue(found <= best + 1e-6, levels + " of " + n + ": " + found + " > " + best);
                double byTurns = w.sub(levels.nearest(w)).sumOfSquares(false).item();
                assertTrue(found <= byTurns + 1e-6, levels + " of " + n + ": " + found + " > " + byTurns);
            }
        }
    }

    @Test
    void searchesOfNothingAndOfZerosEnd() {
        for (ScaleSearch search : ScaleSearch.values()) {
            assertArrayEquals(
                    new float[3],
                    Levels.bits(3).with(search).nearest(Tensor.zeros(3)).toFloats());
            assertArrayEquals(
                    new float[3],
                    Levels.bitsBesidePruned(3)
                            .with(search)
                            .nearest(Tensor.zeros(3))
                            .toFloats());
            assertEquals(
                    0, Levels.ternary().with(search).nearest(Tensor.zeros(0)).size());
        }
    }

    @Test
    void bitsTellTheLevelsApart() {
        assertEquals(1, Levels.binary().bits());
        assertEquals(2, Levels.ternary().bits());
        assertEquals(3, Levels.bits(3).bits());
        assertEquals(3, Levels.bitsBesidePruned(3).bits());
        assertEquals(8, Levels.bitsBesidePruned(3).count());
        assertThrows(IllegalArgumentException.class, () -> Levels.bits(1));
        assertThrows(IllegalArgumentException.class, () -> Levels.bitsBesidePruned(17));
    }

    /** The scale is a least-squares fit, so what is left is at right angles to what was found. */
    @Test
    void theErrorIsAtRightAnglesToTheProjection() {
        Tensor w = RandomSource.of(5).normal(Device.cpu(), Shape.of(101));
        for (Levels levels :
                new Levels[] {Levels.binary(), Levels.ternary(), Levels.bits(4), new Levels(3, false, false)}) {
            Tensor z = levels.nearest(w);
            assertEquals(0, w.sub(z).mul(z).sum().item(), 1e-4);
        }
    }

    @Test
    void projectingSignsTwiceChangesNothing() {
        Tensor w = RandomSource.of(5).normal(Device.cpu(), Shape.of(101));
        Tensor once = Levels.binary().nearest(w);
        assertArrayEquals(once.toFloats(), Levels.binary().nearest(once).toFloats(), 1e-6f);
    }
}
