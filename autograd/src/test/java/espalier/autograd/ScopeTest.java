package espalier.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Losses;
import espalier.autograd.op.Normalizations;
import espalier.autograd.op.Poolings;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.Storage;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** Training steps inside a scope use the same memory again and again. */
class ScopeTest {
    @Test
    void gradientBelongsToTheScopeOfItsBackwardPass() {
        Variable w = Variable.parameter(Tensor.ones(3));
        try (TensorScope _ = TensorScope.open()) {
            w.square().sum().backward();
            w.value().subInPlace(w.gradient().orElseThrow().mul(0.25));
        }
        assertEquals(1.5, w.value().sum().item());
        Tensor gone = w.gradient().orElseThrow();
        assertTrue(assertThrows(IllegalStateException.class, gone::toFloats)
                .toString()
                .contains("released"));
    }

    @Test
    void keptGradientOutlivesTheScope() {
        Variable w = Variable.parameter(Tensor.ones(3));
        try (TensorScope scope = TensorScope.open()) {
            w.square().sum().backward();
            scope.keep(w.gradient().orElseThrow());
        }
        assertEquals(6, w.gradient().orElseThrow().sum().item());
    }

    /** A step makes some dozens of tensors; after its scope closed not one of them is alive. */
    @Test
    void nothingOfAStepOutlivesIt() {
        List<Storage> made = new ArrayList<>();
        Device device = new Device("watched", watching(Device.reference().backend(), made));
        Tensor images = RandomSource.of(1).normal(device, Shape.of(8, 1, 6, 6));
        Tensor labels = Tensor.of(device, new int[] {0, 1, 2, 0, 1, 2, 0, 1}, Shape.of(8));
        Variable kernel = Variable.parameter(RandomSource.of(2).normal(device, Shape.of(3, 1, 3, 3)));
        Variable ones = Variable.parameter(Tensor.full(device, DType.F32, Shape.of(3), 1));
        Variable zeros = Variable.parameter(Tensor.zeros(device, DType.F32, Shape.of(3)));
        List<Variable> parameters = List.of(kernel, ones, zeros);
        made.clear();
        double first = 0;
        double last = 0;
        for (int step = 0; step < 20; step++) {
            try (TensorScope _ = TensorScope.open()) {
                Variable x = Convolutions.conv2d(ConvSpec.of(), Variable.constant(images), kernel);
                Variable y = Normalizations.batchNorm(x, ones, zeros, 1e-5).output();
                Variable pooled = Checkpoint.of("head", () -> Poolings.globalAverage(y.relu()));
                Variable loss = Losses.crossEntropy(pooled, labels);
                loss.backward();
                for (Variable parameter : parameters) {
                    parameter
                            .value()
                            .subInPlace(parameter.gradient().orElseThrow().mul(0.5));
                    parameter.clearGradient();
                }
                last = loss.value().item();
                first = step == 0 ? last : first;
            }
            assertTrue(made.size() > 20 && made.stream().allMatch(Storage::isReleased));
            made.clear();
        }
        assertTrue(last < first, last + " " + first);
    }

    /** Ten blocks of four operations: written out they keep every value, as checkpoints the last of each block. */
    @Test
    void checkpointsHoldLessMemory() {
        List<Storage> made = new ArrayList<>();
        Device device = new Device("watched", watching(Device.reference().backend(), made));
        Variable w = Variable.parameter(Tensor.full(device, DType.F32, Shape.of(4), 0.5));
        long plain = aliveAfterForward(made, w, x -> x.tanh().mul(w).exp().add(w));
        long checkpointed = aliveAfterForward(
                made, w, x -> Checkpoint.of("block", () -> x.tanh().mul(w).exp().add(w)));
        assertEquals(40, plain);
        assertEquals(10, checkpointed);
    }

    private static long aliveAfterForward(List<Storage> made, Variable w, UnaryOperator<Variable> block) {
        made.clear();
        try (TensorScope _ = TensorScope.open()) {
            Variable x = w;
            for (int i = 0; i < 10; i++) {
                x = block.apply(x);
            }
            return made.stream().filter(storage -> !storage.isReleased()).count();
        }
    }

    private static Backend watching(Backend inner, List<Storage> made) {
        return (Backend) Proxy.newProxyInstance(
                ScopeTest.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
                    Object result = method.invoke(inner, arguments);
                    if (result instanceof Storage storage) {
                        made.add(storage);
                    }
                    return result;
                });
    }
}
