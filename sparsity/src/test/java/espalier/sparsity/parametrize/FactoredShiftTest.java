package espalier.sparsity.parametrize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.layer.BatchNorm;
import espalier.sparsity.Prunable;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;

/** STR-BN on the worked example (Kusupati 2020): γ, β̂ and s = −1. */
class FactoredShiftTest {
    private final BatchNorm norm = new BatchNorm(Init.of(1), 4);

    private List<Prunable> worked() {
        List<Prunable> scales = Prunable.scales(norm);
        norm.scale().set(Tensor.of(new float[] {1, 0.3f, -0.6f, 0.2f}));
        norm.shift().set(Tensor.of(new float[] {0.5f, 0.4f, -0.2f, 0.3f}));
        return scales;
    }

    @Test
    void workedNumbers() {
        SoftThreshold.on(worked(), SoftThreshold.Options.of(-1));
        assertArrayEquals(
                new float[] {0.7310586f, 0.0310586f, -0.3310586f, 0},
                norm.scale().get().value().toFloats(),
                1e-6f);
        assertArrayEquals(
                new float[] {0.3655293f, 0.0124234f, 0.0662117f, 0},
                norm.shift().get().value().toFloats(),
                1e-6f);
        norm.variance().fillInPlace(1 - BatchNorm.EPSILON); // x̂ = x in evaluation
        Variable y = norm.apply(Variable.constant(Tensor.full(2, 1, 4)));
        assertArrayEquals(
                new float[] {1.8276464f, 0.0745406f, -0.5959054f, 0}, y.value().toFloats(), 1e-5f);
    }

    /**
     * With G = 1 and x̂ = 2: dβ̂ = γ̂, dγ = 2 + β̂ where alive, ds = −g′(s)·Σ dγ·sign(γ) = −0.1966119·(2.5 + 2.4 −
     * 1.8).
     */
    @Test
    void gradients() {
        List<Prunable> scales = worked();
        SoftThreshold.on(scales, SoftThreshold.Options.of(-1));
        norm.variance().fillInPlace(1 - BatchNorm.EPSILON);
        norm.apply(Variable.constant(Tensor.full(2, 1, 4))).sum().backward();
        assertArrayEquals(
                new float[] {0.7310586f, 0.0310586f, -0.3310586f, 0},
                norm.shift().raw().gradient().orElseThrow().toFloats(),
                1e-6f);
        assertArrayEquals(
                new float[] {2.5f, 2.4f, 1.8f, 0},
                norm.scale().raw().gradient().orElseThrow().toFloats(),
                1e-5f);
        SoftThreshold str = (SoftThreshold) norm.scale().parametrization().orElseThrow();
        assertEquals(-0.1966119 * 3.1, str.s().raw().gradient().orElseThrow().item(), 1e-5);
    }

    /** At a threshold of 0 it is plain batch norm with β = γ·β̂: the same bits. */
    @Test
    void atZeroItIsPlainBatchNorm() {
        SoftThreshold.on(worked(), SoftThreshold.Options.of(-3200));
        BatchNorm plain = new BatchNorm(Init.of(1), 4);
        plain.scale().set(Tensor.of(new float[] {1, 0.3f, -0.6f, 0.2f}));
        plain.shift().set(plain.scale().raw().value().mul(Tensor.of(new float[] {0.5f, 0.4f, -0.2f, 0.3f})));
        Variable x = Variable.constant(Tensor.linspace(Device.cpu(), -2, 3, 24).reshape(6, 4));
        assertArrayEquals(
                plain.apply(x).value().toFloats(), norm.apply(x).value().toFloats());
    }
}
