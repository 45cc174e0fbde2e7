package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class IndexingTest {
    /** Rows 1 2 3 and 4 5 6. */
    private static final Tensor X = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    private static Tensor ints(int... values) {
        return Tensor.of(values);
    }

    @Test
    void gatherPicksOneAnElement() {
        values(X.gather(1, Tensor.of(new int[] {2, 0, 1, 1}, 2, 2)), 3, 1, 5, 5);
        values(X.gather(0, Tensor.of(new int[] {1, 0, 1}, 1, 3)), 4, 2, 6);
        assertEquals(Shape.of(2, 0), X.gather(1, Tensor.of(new int[0], 2, 0)).shape());
    }

    @Test
    void scatterAddIsItsInverseWhereIndicesDiffer() {
        Tensor into = Tensor.zeros(2, 3);
        Tensor index = Tensor.of(new int[] {2, 0, 1, 1}, 2, 2);
        into.scatterAddInPlace(1, index, Tensor.of(new float[] {10, 20, 30, 40}, 2, 2));
        values(into, 20, 0, 10, 0, 70, 0); // the two 1s of the second row add up
    }

    @Test
    void slicesByIndex() {
        values(X.indexSelect(0, ints(1, 1, 0)), 4, 5, 6, 4, 5, 6, 1, 2, 3);
        values(X.indexSelect(-1, ints(2)), 3, 6);
        values(X.t().indexSelect(0, ints(0, 9, 2, 9).slice(0, 0, 4, 2)), 1, 4, 3, 6); // a stepped list
        Tensor into = Tensor.ones(2, 3);
        into.indexAddInPlace(1, ints(0, 0), Tensor.of(new float[] {1, 2, 3, 4}, 2, 2));
        values(into, 4, 1, 1, 8, 1, 1);
    }

    @Test
    void indicesOutOfRange() {
        refused(
                "indexSelect: index must have one axis, not [1, 2]",
                () -> X.indexSelect(0, Tensor.of(new int[2], 1, 2)));
        refused("indexSelect: index 2 is out of range for axis 0 of [2, 3]", () -> X.indexSelect(0, ints(0, 2)));
        refused("indexSelect: index -1 is out of range for axis 1 of [2, 3]", () -> X.indexSelect(1, ints(-1)));
        refused("gather: needs I32, not F32 [1, 3]", () -> X.gather(0, Tensor.zeros(1, 3)));
        refused(
                "gather: index [1, 2] must have the sizes of [2, 3] besides axis 0",
                () -> X.gather(0, Tensor.of(new int[2], 1, 2)));
        refused(
                "scatterAdd: values [2, 3] and index [2, 2] differ",
                () -> Tensor.zeros(2, 3).scatterAddInPlace(1, Tensor.of(new int[4], 2, 2), X));
        refused(
                "scatterAdd: index 3 is out of range for axis 1 of [2, 3]",
                () -> Tensor.zeros(2, 3).scatterAddInPlace(1, Tensor.of(new int[] {0, 3}, 2, 1), Tensor.zeros(2, 1)));
    }

    @Test
    void sortIsStableAndPutsNaNLast() {
        Tensor x = Tensor.of(new float[] {2, Float.NaN, -0.0f, 2, 0, -1});
        var up = x.sort(0, false);
        assertArrayEquals(new int[] {5, 2, 4, 0, 3, 1}, up.indices().toInts());
        values(up.values(), -1, -0.0f, 0, 2, 2, Float.NaN);
        var down = x.sort(-1, true);
        assertArrayEquals(new int[] {0, 3, 2, 4, 5, 1}, down.indices().toInts());
    }

    @Test
    void sortAlongAnyAxis() {
        Tensor x = Tensor.of(new float[] {3, 1, 2, 1, 3, 2}, 2, 3);
        values(x.sort(0, false).values(), 1, 1, 2, 3, 3, 2);
        values(x.sort(1, true).values(), 3, 2, 1, 3, 2, 1);
        assertArrayEquals(
                new int[] {1, 0, 0, 0, 1, 1}, x.sort(0, false).indices().toInts());
        assertEquals(Shape.of(0, 3), Tensor.zeros(0, 3).sort(0, false).values().shape());
    }

    @Test
    void topK() {
        Tensor x = Tensor.of(new float[] {1, 5, 5, 2, 7, 0}, 2, 3);
        values(x.topK(1, 2).values(), 5, 5, 7, 2);
        assertArrayEquals(new int[] {1, 2, 1, 0}, x.topK(1, 2).indices().toInts());
        assertEquals(Shape.of(2, 0), x.topK(1, 0).values().shape());
        refused("topK: k 4 is out of range for axis 1 of [2, 3]", () -> x.topK(1, 4));
    }

    @Test
    void masksAndClasses() {
        values(X.maskedFill(X.gt(4), -1), 1, 2, 3, 4, -1, -1);
        values(X.maskedFill(Tensor.of(new boolean[] {true, false, false}), 0), 0, 2, 3, 0, 5, 6);
        values(ints(2, 0).oneHot(3), 0, 0, 1, 1, 0, 0);
        assertEquals(Shape.of(2, 1, 4), Tensor.of(new int[2], 2, 1).oneHot(4).shape());
        refused("oneHot: needs I32, not F32 [2, 3]", () -> X.oneHot(3));
    }

    @Test
    void triangles() {
        values(X.tril(0), 1, 0, 0, 4, 5, 0);
        values(X.tril(1), 1, 2, 0, 4, 5, 6);
        values(X.tril(-1), 0, 0, 0, 4, 0, 0);
        values(X.triu(0), 1, 2, 3, 0, 5, 6);
        values(X.triu(1), 0, 2, 3, 0, 0, 6);
        refused("tril: needs at least two axes, not [3]", () -> Tensor.zeros(3).tril(0));
    }

    private static void values(Tensor actual, float... expected) {
        assertArrayEquals(expected, actual.toFloats());
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }
}
