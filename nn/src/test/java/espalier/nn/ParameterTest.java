package espalier.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Linear;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** The door between the stored value and the layer, and the memory of parameters. */
class ParameterTest {
    private static Parameter parameter() {
        return new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {1, -2, 3}));
    }

    @Test
    void withoutParametrizationBothAreOne() {
        Parameter p = parameter();
        assertSame(p.raw(), p.get());
        assertEquals("weight WEIGHT [3]", p.toString());
        p.materialize();
        assertSame(p.raw(), p.get());
    }

    @Test
    void computedOnceInAPass() {
        Parameter p = parameter();
        AtomicInteger calls = new AtomicInteger();
        p.parametrize(raw -> {
            calls.incrementAndGet();
            return raw.mul(2);
        });
        Variable first = ForwardPass.training(RandomSource.of(1), () -> {
            assertSame(p.get(), p.get());
            return p.get();
        });
        assertEquals(1, calls.get());
        Variable second = ForwardPass.evaluation(p::get);
        assertEquals(2, calls.get());
        assertNotSame(first, second);
        p.get();
        p.get();
        assertEquals(4, calls.get(), "outside a pass nothing is remembered");
    }

    @Test
    void gradientsReachTheStoredValueThroughTheParametrization() {
        Parameter p = parameter();
        p.parametrize(raw -> raw.mul(raw));
        p.get().sum().backward();
        Close.near(0, p.raw().gradient().orElseThrow(), 2, -4, 6);
    }

    @Test
    void materializeBakesTheValueIn() {
        Parameter p = parameter();
        p.parametrize(raw -> raw.relu());
        p.materialize();
        assertTrue(p.parametrization().isEmpty());
        Close.near(0, p.raw().value(), 1, 0, 3);
        assertTrue(p.raw().needsGradient() && p.raw().node().isEmpty(), "a leaf again");
    }

    @Test
    void memoryOutlivesTheScopeItWasMadeIn() {
        Parameter p;
        Linear layer;
        BatchNorm norm;
        try (TensorScope _ = TensorScope.open()) {
            p = parameter();
            p.parametrize(raw -> raw.mul(2));
            p.materialize();
            layer = new Linear(Init.of(1), 2, 2);
            norm = new BatchNorm(Init.of(1), 2);
            norm.replaceStatistics(Tensor.ones(2).mul(3), Tensor.ones(2).mul(4));
        }
        Close.near(0, p.raw().value(), 2, -4, 6);
        assertEquals(
                Shape.of(1, 2),
                layer.apply(Variable.constant(Tensor.ones(1, 2))).shape());
        Close.near(0, norm.variance(), 4, 4);
        Close.near(0, norm.mean(), 3, 3);
    }

    @Test
    void setAndReplace() {
        Parameter p = parameter();
        Tensor stored = p.raw().value();
        p.set(Tensor.of(new float[] {4, 5, 6}));
        assertSame(stored, p.raw().value());
        Close.near(0, stored, 4, 5, 6);
        var thrown = assertThrows(ShapeException.class, () -> p.set(Tensor.ones(2)));
        assertEquals("set: parameter weight has shape [3], the new value [2]", thrown.getMessage());
        p.replace(Tensor.ones(2));
        assertEquals(Shape.of(2), p.shape());
    }
}
