package espalier.sparsity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.autograd.Variable;
import espalier.autograd.check.GradCheck;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

class BlockTest {
    /** Rows 0 and 1 are the first tiles, row 2 alone the last ones, which stick out. */
    @Test
    void tilesStickOutOverTheEdge() {
        Tensor w = Tensor.of(new float[] {3, 0, 4, 1, 2, 5}, 3, 2);
        Block block = new Block(2, 1);
        assertEquals(4, block.count(w.shape()));
        assertArrayEquals(new float[] {5, 1, 2, 5}, block.norms(w).reshape(-1).toFloats(), 1e-6f);
        Tensor kept = Projection.largest(block, 2).nearest(w);
        assertArrayEquals(new float[] {3, 0, 4, 0, 0, 5}, kept.toFloats());
    }

    /** What a plain loop over the matrix finds. */
    @Test
    void normsOfAConvolution() {
        Tensor w = RandomSource.of(5).normal(Device.cpu(), Shape.of(7, 3, 2, 2));
        float[] values = w.toFloats(); // 7 rows of 12
        double[] expected = new double[2 * 4];
        for (int row = 0; row < 7; row++) {
            for (int column = 0; column < 12; column++) {
                expected[row / 4 * 4 + column / 3] += (double) values[row * 12 + column] * values[row * 12 + column];
            }
        }
        float[] found = new Block(4, 3).norms(w).toFloats();
        for (int i = 0; i < expected.length; i++) {
            assertEquals(Math.sqrt(expected[i]), found[i], 1e-5);
        }
    }

    @Test
    void oneByOneIsASingleWeight() {
        Tensor w = RandomSource.of(2).normal(Device.cpu(), Shape.of(3, 5));
        Variable t = Variable.constant(Tensor.scalar(0.4f));
        assertArrayEquals(
                Projection.largest(Granularity.ELEMENT, 6).nearest(w).toFloats(),
                Projection.largest(new Block(1, 1), 6).nearest(w).toFloats());
        assertArrayEquals(
                Granularity.ELEMENT.shrink(Variable.constant(w), t).value().toFloats(),
                new Block(1, 1).shrink(Variable.constant(w), t).value().toFloats(),
                1e-6f);
    }

    /** A tile of norm 5 shortened by 1 keeps four fifths; one of norm 1 is gone. */
    @Test
    void tilesShrinkByTheirNorm() {
        Tensor w = Tensor.of(new float[] {3, 0, 4, 1, 2, 5}, 3, 2);
        Variable shrunk = new Block(2, 1).shrink(Variable.constant(w), Variable.constant(Tensor.scalar(1)));
        assertArrayEquals(new float[] {2.4f, 0, 3.2f, 0, 1, 4}, shrunk.value().toFloats(), 1e-6f);
    }

    @Test
    void gradientsOfTheShrinkage() {
        GradCheck.of("block", in -> new Block(2, 3).shrink(in.get(0), in.get(1)))
                .input(5, 2, 2, 1)
                .distinct()
                .input()
                .between(0.3, 0.4)
                .verify();
    }

    @Test
    void anEmptyTileIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Block(0, 1));
    }
}
