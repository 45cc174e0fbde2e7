package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Shaping by example; {@link ViewsTest} has the laws. */
class ShapingTest {
    /** Rows 1 2 3 and 4 5 6. */
    private static final Tensor X = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);

    @Test
    void reshaping() {
        assertEquals(Shape.of(3, 2), X.reshape(3, -1).shape());
        assertEquals(Shape.of(6), X.flatten(0).shape());
        assertEquals(Shape.of(2, 3), X.flatten(1).shape());
        assertEquals(Shape.of(2, 12), Tensor.zeros(2, 3, 4).flatten(-2).shape());
        assertEquals(Shape.of(1), Tensor.scalar(1).flatten(0).shape());
        values(X.t().reshape(6), 1, 4, 2, 5, 3, 6);
        assertSame(X.storage(), X.reshape(6).storage());
        assertNotSame(X.storage(), X.t().reshape(6).storage());
        refused("reshape: numbers of elements differ: lhs [2, 3], rhs [4] (6 ≠ 4)", () -> X.reshape(4));
        refused("reshape: [2, 3] does not divide into [4, -1] (6 is no multiple of 4)", () -> X.reshape(4, -1));
        refused("reshape: more than one size is -1 for [2, 3]", () -> X.reshape(-1, -1));
        refused("reshape: negative size -2 in [-2, 3]", () -> X.reshape(-2, 3));
    }

    @Test
    void movingAxes() {
        values(X.t(), 1, 4, 2, 5, 3, 6);
        values(X.transpose(0, -1), 1, 4, 2, 5, 3, 6);
        assertEquals(Shape.of(4, 2, 3), Tensor.zeros(2, 3, 4).permute(2, 0, 1).shape());
        refused("permute: [0] is no order of the axes of [2, 3]", () -> X.permute(0));
        refused("permute: axis 0 is named twice in [0, 0]", () -> X.permute(0, 0));
        refused("transpose: axis 2 is out of range for shape [2, 3]", () -> X.transpose(0, 2));
        refused(
                "transpose: axis -2 is out of range for shape [3]",
                () -> Tensor.zeros(3).t());
    }

    @Test
    void axesOfSizeOne() {
        assertEquals(Shape.of(1, 2, 3), X.unsqueeze(0).shape());
        assertEquals(Shape.of(2, 3, 1), X.unsqueeze(-1).shape());
        assertEquals(Shape.of(2, 3), X.unsqueeze(1).squeeze(1).shape());
        refused("squeeze: axis 0 of [2, 3] is not of size 1 (2 ≠ 1)", () -> X.squeeze(0));
        refused("unsqueeze: axis 3 is out of range for [2, 3]", () -> X.unsqueeze(3));
        refused("unsqueeze: axis -4 is out of range for [2, 3]", () -> X.unsqueeze(-4));
    }

    @Test
    void parts() {
        values(X.narrow(1, 1, 2), 2, 3, 5, 6);
        values(X.slice(1, 0, 3, 2), 1, 3, 4, 6);
        values(X.select(0, 1), 4, 5, 6);
        values(X.flip(1), 3, 2, 1, 6, 5, 4);
        assertEquals(Shape.of(2, 0), X.narrow(1, 3, 0).shape());
        List<Tensor> pieces = X.split(1, 1, 0, 2);
        assertEquals(
                List.of(Shape.of(2, 1), Shape.of(2, 0), Shape.of(2, 2)),
                pieces.stream().map(Tensor::shape).toList());
        values(pieces.get(2), 2, 3, 5, 6);
        refused("narrow: start 2, count 2, step 1 do not fit axis 1 of [2, 3] (size 3)", () -> X.narrow(1, 2, 2));
        refused("narrow: start 0, count -1, step 1 do not fit axis 0 of [2, 3] (size 2)", () -> X.narrow(0, 0, -1));
        refused("slice: start 0, count 4, step 1 do not fit axis 1 of [2, 3] (size 3)", () -> X.slice(1, 0, 4, 1));
        refused("slice: step 0 must be at least 1; flip walks backwards", () -> X.slice(1, 0, 3, 0));
        refused("split: sizes [1, 1] do not add up to axis 1 of [2, 3] (2 ≠ 3)", () -> X.split(1, 1, 1));
        refused("select: index -1 is out of range for axis 0 of [2, 3] (size 2)", () -> X.select(0, -1));
    }

    @Test
    void stretching() {
        Tensor row = Tensor.of(new float[] {1, 2});
        values(row.expand(3, 2), 1, 2, 1, 2, 1, 2);
        assertSame(row, row.expand(2));
        refused("expand: [2] cannot be stretched to [3] (2 ≠ 3)", () -> row.expand(3));
        refused("expand: [2] has more axes than [] (1 > 0)", () -> row.expand(Shape.scalar()));
    }

    @Test
    void joining() {
        Tensor y = Tensor.of(new float[] {7, 8}, 2, 1);
        values(Shaping.concat(1, List.of(X, y)), 1, 2, 3, 7, 4, 5, 6, 8);
        values(Shaping.concat(0, List.of(X, Tensor.zeros(0, 3))), 1, 2, 3, 4, 5, 6);
        Tensor a = Tensor.of(new float[] {1, 2});
        Tensor b = Tensor.of(new float[] {3, 4});
        values(Shaping.stack(0, List.of(a, b)), 1, 2, 3, 4);
        values(Shaping.stack(-1, List.of(a, b)), 1, 3, 2, 4);
        assertEquals(
                Shape.of(2, 3, 3),
                Shaping.stack(1, List.of(X.t(), X.t(), X.t())).transpose(0, 2).shape());
        refused("concat: there is nothing to join", () -> Shaping.concat(0, List.of()));
        refused(
                "concat: sizes besides axis 0 differ: lhs [2, 3], rhs [2, 1] (3 ≠ 1)",
                () -> Shaping.concat(0, List.of(X, y)));
        refused(
                "concat: lhs is F32, rhs I32; convert one with .to(dtype)",
                () -> Shaping.concat(0, List.of(a, Tensor.of(new int[2]))));
    }

    @Test
    void padding() {
        Tensor x = Tensor.of(new float[] {1, 2, 3});
        values(x.pad(PadMode.ZERO, 0, 1, 2), 0, 1, 2, 3, 0, 0);
        values(x.pad(PadMode.REFLECT, 0, 2, 1), 3, 2, 1, 2, 3, 2);
        values(x.pad(PadMode.REPLICATE, 0, 2, 1), 1, 1, 1, 2, 3, 3);
        values(X.pad(PadMode.REFLECT, -1, 0, 2), 1, 2, 3, 2, 1, 4, 5, 6, 5, 4);
        values(X.pad(PadMode.ZERO, 0, 1, 0), 0, 0, 0, 1, 2, 3, 4, 5, 6);
        values(Tensor.zeros(0).pad(PadMode.ZERO, 0, 1, 1), 0, 0);
        refused(
                "pad: 3 before and 0 after do not fit axis 0 of [3] in mode REFLECT",
                () -> x.pad(PadMode.REFLECT, 0, 3, 0));
        refused(
                "pad: 1 before and 0 after do not fit axis 0 of [0] in mode REPLICATE",
                () -> Tensor.zeros(0).pad(PadMode.REPLICATE, 0, 1, 0));
        refused(
                "pad: -1 before and 0 after do not fit axis 0 of [3] in mode ZERO",
                () -> x.pad(PadMode.ZERO, 0, -1, 0));
    }

    private static void values(Tensor actual, float... expected) {
        assertArrayEquals(expected, actual.toFloats());
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }
}
