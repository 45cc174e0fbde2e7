package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Layout;
import espalier.tensor.Shape;
import org.junit.jupiter.api.Test;

/** Merging of axes, by hand. */
class AxesTest {
    @Test
    void contiguousOperandsAreOneAxis() {
        Layout x = Layout.contiguous(Shape.of(2, 3, 4));
        Axes axes = Axes.of(x.shape(), x, x);
        assertTrue(axes.isFlat());
        assertEquals(24, axes.size());
        assertEquals(1, axes.count());
    }

    @Test
    void aBiasKeepsThreeAxes() {
        Layout x = Layout.contiguous(Shape.of(2, 3, 4, 5));
        Layout bias = Layout.contiguous(Shape.of(3, 1, 1)).expand(x.shape(), "add");
        Axes axes = Axes.of(x.shape(), x, bias);
        assertFalse(axes.isFlat());
        assertArrayEquals(new int[] {20, 3, 2, 1, 1, 1, 1, 1}, axes.sizes());
        assertArrayEquals(new int[] {1, 20, 60, 0, 0, 0, 0, 0}, axes.strides(0));
        assertArrayEquals(new int[] {0, 1, 0, 0, 0, 0, 0, 0}, axes.strides(1));
        assertArrayEquals(
                new int[] {3, 2, 1, 1, 1, 1, 1, 1}, axes.withoutInnermost().sizes());
    }

    @Test
    void aSingleElementHasNoAxis() {
        Layout x = Layout.contiguous(Shape.of(1, 1));
        assertEquals(0, Axes.of(x.shape(), x).count());
        assertTrue(Axes.of(x.shape(), x).isFlat());
    }

    @Test
    void moreThanEightAxesAreRefused() {
        Shape shape = Shape.of(2, 2, 2, 2, 2, 2, 2, 2, 2);
        Layout backwards = Layout.strided(shape, new int[] {1, 2, 4, 8, 16, 32, 64, 128, 256}, 0);
        assertThrows(IllegalArgumentException.class, () -> Axes.of(shape, backwards));
    }
}
