package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class ShapeTest {
    @Test
    void sizesAndRank() {
        Shape shape = Shape.of(64, 1, 28, 28);
        assertEquals(4, shape.rank());
        assertEquals(50_176, shape.size());
        assertEquals(28, shape.dim(-1));
        assertEquals(64, shape.dim(0));
        assertEquals("[64, 1, 28, 28]", shape.toString());
        assertEquals(1, Shape.scalar().size());
        assertEquals(0, Shape.scalar().rank());
        assertEquals("[]", Shape.scalar().toString());
        assertEquals(0, Shape.of(3, 0, 5).size());
    }

    @Test
    void theLargestShapes() {
        assertEquals(Integer.MAX_VALUE, Shape.of(Integer.MAX_VALUE).size());
        assertEquals(0, Shape.of(Integer.MAX_VALUE, Integer.MAX_VALUE, 0).size());
        refused(
                "shape: [65536, 32768] has more than 2147483647 elements, the most a tensor holds",
                () -> Shape.of(65_536, 32_768));
    }

    @Test
    void theSizesAreCopied() {
        int[] dims = {2, 3};
        Shape shape = Shape.of(dims);
        dims[0] = 99;
        shape.toArray()[1] = 99;
        assertEquals(Shape.of(2, 3), shape);
        assertEquals(Shape.of(2, 3).hashCode(), shape.hashCode());
        assertNotEquals(Shape.of(3, 2), shape);
        assertNotEquals(Shape.of(2, 3, 1), shape);
    }

    @Test
    void axesAreResolvedSortedAndChecked() {
        Shape shape = Shape.of(2, 3, 4);
        assertArrayEquals(new int[] {0, 2}, shape.axes(new int[] {-1, 0}, "sum"));
        assertArrayEquals(new int[] {0, 1, 2}, shape.axes(new int[0], "sum"));
        assertEquals(1, shape.axis(-2, "sum"));
        refused("sum: axis -2 is named twice in [1, -2]", () -> shape.axes(new int[] {1, -2}, "sum"));
        refused("softmax: axis 3 is out of range for shape [2, 3, 4]", () -> shape.axis(3, "softmax"));
        refused("softmax: axis -4 is out of range for shape [2, 3, 4]", () -> shape.axis(-4, "softmax"));
        refused("sum: axis 0 is out of range for shape []", () -> Shape.scalar().axis(0, "sum"));
    }

    @Test
    void changedCopies() {
        Shape shape = Shape.of(2, 3, 4);
        assertEquals(Shape.of(2, 9, 4), shape.with(1, 9));
        assertEquals(Shape.of(2, 4), shape.without(-2));
        assertEquals(Shape.of(2, 3, 4, 7), shape.inserting(3, 7));
        assertEquals(Shape.of(7, 2, 3, 4), shape.inserting(0, 7));
        assertEquals(Shape.of(1, 3, 1), shape.reduced(new int[] {0, 2}));
        refused("shape: negative size -1 in [2, -1]", () -> Shape.of(2, -1));
    }

    @Test
    void broadcastingFollowsTheRule() {
        assertEquals(Shape.of(2, 3), Shape.broadcast("add", Shape.of(2, 1), Shape.of(3)));
        assertEquals(Shape.of(4, 0), Shape.broadcast("add", Shape.of(4, 1), Shape.of(0)));
        assertEquals(Shape.of(5), Shape.broadcast("add", Shape.scalar(), Shape.of(5)));
        refused(
                "add: shapes do not broadcast: lhs [2, 3], rhs [4] (3 ≠ 4)",
                () -> Shape.broadcast("add", Shape.of(2, 3), Shape.of(4)));
        refused(
                "mul: shapes do not broadcast: lhs [2], rhs [0] (2 ≠ 0)",
                () -> Shape.broadcast("mul", Shape.of(2), Shape.of(0)));
    }

    /** The rule said another way: written one over the other from the right, each pair is equal or has a 1. */
    @Test
    void broadcastingOfRandomShapes() {
        Random random = new Random(1);
        int fitting = 0;
        for (int trial = 0; trial < 5000; trial++) {
            int[] a = randomDims(random);
            int[] b = randomDims(random);
            int rank = Math.max(a.length, b.length);
            int[] expected = new int[rank];
            boolean fits = true;
            for (int axis = 0; axis < rank; axis++) {
                int x = axis < rank - a.length ? 1 : a[axis - (rank - a.length)];
                int y = axis < rank - b.length ? 1 : b[axis - (rank - b.length)];
                fits &= x == y || x == 1 || y == 1;
                expected[axis] = x == 1 ? y : x;
            }
            Shape left = Shape.of(a);
            Shape right = Shape.of(b);
            if (fits) {
                fitting++;
                assertEquals(Shape.of(expected), Shape.broadcast("op", left, right));
                assertEquals(Shape.of(expected), Shape.broadcast("op", right, left));
            } else {
                assertThrows(ShapeException.class, () -> Shape.broadcast("op", left, right));
            }
        }
        assertEquals(true, fitting > 500 && fitting < 4500, "both outcomes occur: " + fitting);
    }

    private static int[] randomDims(Random random) {
        int[] dims = new int[random.nextInt(4)];
        for (int i = 0; i < dims.length; i++) {
            dims[i] = new int[] {0, 1, 1, 1, 2, 3}[random.nextInt(6)];
        }
        return dims;
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }
}
