package espalier.autograd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/** A block that is run twice gives the gradients of the block written out. */
class CheckpointTest {
    private final RandomSource random = RandomSource.of(7);
    private final Variable x = parameter(5, 4);
    private final Variable w = parameter(4, 4);
    private final Variable v = parameter(4, 3);

    private Variable parameter(int... dims) {
        return Variable.parameter(random.normal(Device.cpu(), Shape.of(dims)));
    }

    private Variable block(Variable input) {
        return input.matmul(w).tanh().matmul(w).relu(); // w is read twice
    }

    private List<float[]> gradients(UnaryOperator<Variable> middle) {
        List.of(x, w, v).forEach(Variable::clearGradient);
        middle.apply(x.mul(1.5)).matmul(v).square().sum().backward();
        return List.of(x, w, v).stream()
                .map(leaf -> leaf.gradient().orElseThrow().toFloats())
                .toList();
    }

    @Test
    void sameGradientsBitForBit() {
        assertSame(gradients(this::block), gradients(in -> Checkpoint.of("block", () -> block(in))));
    }

    @Test
    void nestedBlocks() {
        List<float[]> plain = gradients(in -> block(in).exp());
        List<float[]> nested = gradients(in -> Checkpoint.of(
                "outer", () -> Checkpoint.of("inner", () -> block(in)).exp()));
        assertSame(plain, nested);
    }

    @Test
    void capturedVariablesThatAreNoLeaves() {
        List<float[]> plain = gradients(in -> {
            Variable shrunk = w.softThreshold(0.1);
            return in.matmul(shrunk).tanh();
        });
        List<float[]> checkpointed = gradients(in -> {
            Variable shrunk = w.softThreshold(0.1);
            return Checkpoint.of("block", () -> in.matmul(shrunk).tanh());
        });
        assertSame(plain, checkpointed);
    }

    @Test
    void onlyCapturedParametersNeedGradients() {
        Variable data = Variable.constant(Tensor.ones(2, 4));
        Variable y = Checkpoint.of("block", () -> block(data));
        assertEquals("block", y.node().orElseThrow().op());
        assertEquals(List.of(w), y.node().orElseThrow().inputs());
        y.sum().backward();
        float[] again = w.gradient().orElseThrow().toFloats();
        w.clearGradient();
        block(data).sum().backward();
        assertArrayEquals(w.gradient().orElseThrow().toFloats(), again);
    }

    @Test
    void insideTensorScopes() {
        List<float[]> plain = gradients(this::block);
        try (TensorScope _ = TensorScope.open()) {
            assertSame(plain, gradients(in -> Checkpoint.of("block", () -> block(in))));
        }
    }

    @Test
    void blockThatHandsOnItsInput() {
        Variable y = Checkpoint.of("nothing", () -> w);
        y.mul(3).sum().backward();
        assertArrayEquals(
                Tensor.full(3, 4, 4).toFloats(), w.gradient().orElseThrow().toFloats());
    }

    @Test
    void nothingToDifferentiate() {
        Variable data = Variable.constant(Tensor.ones(2));
        assertFalse(Checkpoint.of("block", () -> data.mul(2)).needsGradient());
        Variable evaluated = Autograd.withoutGrad(() -> Checkpoint.of("block", () -> w.mul(2)));
        assertFalse(evaluated.needsGradient());
    }

    @Test
    void keepsPlacesAndTellsThatItReplays() {
        List<String> seen = new ArrayList<>();
        Variable y = Autograd.in(
                "stage",
                () -> Checkpoint.of("block", () -> {
                    seen.add(Autograd.place() + " " + Checkpoint.isReplaying() + " " + Autograd.isRecording());
                    return w.mul(2);
                }));
        y.sum().backward();
        assertEquals(List.of("stage false false", "stage true true"), seen);
        assertFalse(Checkpoint.isReplaying());
    }

    @Test
    void blockThatChangesItsMindIsNamed() {
        RandomSource outside = RandomSource.of(1);
        Variable shifting = Checkpoint.of("shifting", () -> w.mul(outside.nextDouble()));
        String message = assertThrows(
                        IllegalStateException.class,
                        () -> Autograd.guarded(() -> {
                            shifting.sum().backward();
                            return 0;
                        }))
                .toString();
        assertTrue(message.contains("checkpoint: block shifting gave other values"), message);
    }

    private static void assertSame(List<float[]> expected, List<float[]> actual) {
        for (int i = 0; i < expected.size(); i++) {
            assertArrayEquals(expected.get(i), actual.get(i));
        }
    }
}
