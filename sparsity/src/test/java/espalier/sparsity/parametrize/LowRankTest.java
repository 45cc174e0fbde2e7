package espalier.sparsity.parametrize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.FastGrnn;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

class LowRankTest {
    /** The worked numbers: m = [1, 0.2, −0.5] at s = −1 is [0.7310586, 0, −0.2310586], of rank 2. */
    @Test
    void rankIsTheNumberOfSurvivors() {
        Tensor w = RandomSource.of(1).normal(Device.cpu(), Shape.of(5, 3));
        Parameter weight = new Parameter("weight", Role.WEIGHT, w);
        LowRank low = LowRank.on("w", weight);
        assertArrayEquals(w.toFloats(), weight.get().value().toFloats(), 1e-5f);
        low.ranks().parameter().set(Tensor.of(new float[] {1, 0.2f, -0.5f}));
        SoftThreshold.on(List.of(low.ranks()), SoftThreshold.Options.of(-1));
        assertArrayEquals(
                new float[] {0.7310586f, 0, -0.2310586f}, low.ranks().value().toFloats(), 1e-6f);
        LowRank.Factors factors = low.fold();
        assertEquals(2, factors.rank());
        assertEquals(2 * (5 + 3), factors.size());
        assertArrayEquals(
                weight.get().value().toFloats(),
                factors.left().matmul(factors.right()).toFloats(),
                1e-6f);
    }

    /** The cell computes the same with the folded product as its weight; thresholds are trained and saved with it. */
    @Test
    void foldingAFastGrnnIsExact() {
        FastGrnn cell = new FastGrnn(Init.of(3), 6, 9);
        LowRank input = LowRank.on("input", cell.input());
        LowRank recurrent = LowRank.on("recurrent", cell.recurrent());
        SoftThreshold.on(List.of(input.ranks(), recurrent.ranks()), SoftThreshold.Options.of(-1));
        assertTrue(cell.parameters().containsKey("recurrent.threshold"));
        input.ranks().parameter().set(Tensor.of(new float[] {1, 0.2f, 0.9f, 0.1f, 0.8f, -0.7f}));
        Variable x = Variable.constant(RandomSource.of(2).normal(Device.cpu(), Shape.of(4, 5, 6)));
        float[] before = cell.apply(x).value().toFloats();
        LowRank.Factors factors = input.fold();
        assertEquals(4, factors.rank());
        assertEquals(9, recurrent.fold().rank());
        FastGrnn folded = new FastGrnn(Init.of(3), 6, 9);
        folded.input().set(factors.left().matmul(factors.right()));
        folded.recurrent().set(recurrent.fold().left().matmul(recurrent.fold().right()));
        assertArrayEquals(before, folded.apply(x).value().toFloats(), 1e-5f);
        cell.apply(x).sum().backward();
        Tensor slope = input.ranks().parameter().raw().gradient().orElseThrow();
        assertEquals(0, slope.get(1));
        assertTrue(slope.get(0) != 0);
        assertTrue(cell.input().raw().gradient().isEmpty());
    }

    @Test
    void aConvolutionIsNoMatrix() {
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.ones(2, 2, 3, 3));
        Exception refused = assertThrows(IllegalArgumentException.class, () -> LowRank.on("conv1.weight", weight));
        assertEquals("low rank: conv1.weight [2, 2, 3, 3] is no matrix", refused.getMessage());
    }
}
