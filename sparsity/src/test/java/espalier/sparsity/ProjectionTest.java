package espalier.sparsity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** Numbers worked by hand: see the projections of ADMM in Zhang et al. 2018. */
class ProjectionTest {
    private static final float[] SIX = {0.9f, -0.1f, 0.4f, -0.2f, 0.05f, -0.7f};

    @Test
    void keepsTheThreeLargest() {
        Tensor v = Tensor.of(SIX);
        Tensor z = Projection.largest(Granularity.ELEMENT, 3).nearest(v);
        assertArrayEquals(new float[] {0.9f, 0, 0.4f, 0, 0, -0.7f}, z.toFloats());
        assertEquals(0.0525, v.sub(z).sumOfSquares(false).item(), 1e-7);
    }

    @Test
    void keepsTheFilterAndTheColumnsOfLargestNorm() {
        Tensor w = Tensor.of(SIX, 2, 3);
        assertArrayEquals(
                new float[] {0.9899495f, 0.7297260f},
                Granularity.FILTER.scores(w).toFloats(),
                1e-6f);
        assertArrayEquals(
                new float[] {0.9219544f, 0.1118034f, 0.8062258f},
                Granularity.COLUMN.scores(w).toFloats(),
                1e-6f);
        assertArrayEquals(
                new float[] {0.9f, -0.1f, 0.4f, 0, 0, 0},
                Projection.largest(Granularity.FILTER, 1).nearest(w).toFloats());
        assertArrayEquals(
                new float[] {0.9f, 0, 0.4f, -0.2f, 0, -0.7f},
                Projection.largest(Granularity.COLUMN, 2).nearest(w).toFloats());
    }

    @Test
    void channelsAndKernelsOfAConvolution() {
        Tensor w = Tensor.of(new float[] {1, 1, 1, 1, 2, 2, 2, 2, 0, 0, 0, 3, 1, 0, 0, 0}, 2, 2, 2, 2);
        assertEquals(Shape.of(1, 2, 1, 1), Granularity.CHANNEL.scores(w).shape());
        assertArrayEquals(
                new float[] {(float) Math.sqrt(13), (float) Math.sqrt(17)},
                Granularity.CHANNEL.scores(w).toFloats(),
                1e-6f);
        assertArrayEquals(new float[] {2, 4, 3, 1}, Granularity.KERNEL.scores(w).toFloats(), 1e-6f);
        assertEquals(4, Granularity.KERNEL.count(w.shape()));
        assertEquals(8, Granularity.COLUMN.count(w.shape()));
    }

    @Test
    void ofEqualImportancesTheLowerIndexIsKept() {
        Tensor z = Projection.largest(Granularity.ELEMENT, 2).nearest(Tensor.full(1, 5));
        assertArrayEquals(new float[] {1, 1, 0, 0, 0}, z.toFloats());
    }

    @Test
    void filterThenColumnKeepsTheZerosOfBoth() {
        Tensor w = RandomSource.of(3).normal(Device.cpu(), Shape.of(4, 5));
        Tensor z = Projection.largest(Granularity.FILTER, 2)
                .then(Projection.largest(Granularity.COLUMN, 3))
                .nearest(w);
        assertEquals(6, z.countNonZero().item());
        assertEquals(2, z.ne(0).any(1).countNonZero().item());
        assertEquals(3, z.ne(0).any(0).countNonZero().item());
    }

    /** A set without zero, such as that of signs, must not bring pruned weights back. */
    @Test
    void withinAMaskNothingComesBack() {
        Tensor v = Tensor.of(SIX);
        Projection ones = x -> x.zerosLike().add(1);
        Tensor z = Projection.within(v.abs().gt(0.3), ones).nearest(v);
        assertArrayEquals(new float[] {1, 0, 1, 0, 0, 1}, z.toFloats());
    }

    @Test
    void keepingMoreThanThereAreIsRefused() {
        Exception refused = assertThrows(IllegalArgumentException.class, () -> TopK.mask(Tensor.ones(3), 4));
        assertEquals("java.lang.IllegalArgumentException: topK: cannot keep 4 of 3", refused.toString());
    }
}
