package espalier.sparsity.quant;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Values worked by hand. */
class CodebookTest {
    @Test
    void eachGoesToTheNearestAndHalfwayAwayFromZero() {
        Codebook book = new Codebook(false, 2, -1, 0, 1);
        Tensor v = Tensor.of(new float[] {0.49f, 0.5f, -0.5f, 1.5f, 9, -9, -0.0f, 0});
        assertArrayEquals(
                new float[] {0, 1, -1, 2, 2, -1, 0, 0}, book.nearest(v).toFloats());
    }

    @Test
    void betweenOppositeValuesZeroIsNegative() {
        assertEquals(-3, new Codebook(false, 3, -3).nearest(Tensor.scalar(0)).item());
        assertEquals(0, new Codebook(true, 3, -3).nearest(Tensor.scalar(0)).item());
    }

    @Test
    void nonsenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Codebook(false));
        assertThrows(IllegalArgumentException.class, () -> new Codebook(false, 1, Float.NaN));
    }

    /** The largest is 1.1: 4·1.1/3 = 1.47 lies between 1 and 2, so the exponents are 0, −1, −2 and −3. */
    @Test
    void powersOfTwo() {
        Tensor v = Tensor.of(new float[] {0.9f, -0.4f, 0.2f, -1.1f, 0.05f, 0.6f});
        PowersOfTwo four = new PowersOfTwo(4, false);
        assertEquals(9, four.count());
        assertArrayEquals(
                new float[] {-1, -0.5f, -0.25f, -0.125f, 0, 0.125f, 0.25f, 0.5f, 1},
                four.fit(v).values());
        assertArrayEquals(
                new float[] {1, -0.5f, 0.25f, -1, 0, 0.5f}, four.nearest(v).toFloats());
        assertArrayEquals(
                new float[] {1, -0.5f, 0.25f, -1, 0.125f, 0.5f},
                new PowersOfTwo(4, true).nearest(v).toFloats());
        assertArrayEquals(new float[2], four.nearest(Tensor.zeros(2)).toFloats());
        assertThrows(IllegalArgumentException.class, () -> new PowersOfTwo(1, false));
    }

    /** At most five: three are better than five or four, as for exact ternary levels. At most two: the two largest. */
    @Test
    void sparseTernaryKeepsAsManyAsAreBest() {
        Tensor v = Tensor.of(new float[] {0.9f, -0.4f, 0.2f, -1.1f, 0.05f, 0.6f});
        float s = 0.8666667f;
        assertArrayEquals(
                new float[] {s, 0, 0, -s, 0, s},
                SparseLevels.ternary(5).nearest(v).toFloats(),
                1e-6f);
        assertArrayEquals(
                new float[] {1, 0, 0, -1, 0, 0},
                SparseLevels.ternary(2).nearest(v).toFloats(),
                1e-6f);
        assertArrayEquals(new float[6], SparseLevels.ternary(0).nearest(v).toFloats());
    }

    @Test
    void sparseLevelsAreOnLevelsAndFew() {
        Tensor v = Tensor.of(new float[] {0.9f, -0.4f, 0.2f, -1.1f, 0.05f, 0.6f});
        Tensor z = new SparseLevels(4, Levels.bitsBesidePruned(2).with(ScaleSearch.EXACT)).nearest(v);
        assertArrayEquals(new float[] {1, -0.5f, 0, -1, 0, 0.5f}, z.toFloats(), 1e-6f); // 5/10 is the scale
        Tensor byTurns = new SparseLevels(4, Levels.bitsBesidePruned(2)).nearest(v);
        assertArrayEquals(new float[] {0.75f, -0.75f, 0, -0.75f, 0, 0.75f}, byTurns.toFloats(), 1e-6f); // stuck
        assertThrows(IllegalArgumentException.class, () -> new SparseLevels(4, Levels.bits(2)));
    }
}
