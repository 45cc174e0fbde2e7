package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.LeNet;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Whole networks on the device: they learn what they learn on the CPU, and twice the same to the bit. */
class TrainingTest {
    private static final int BATCH = 16;
    private static final int STEPS = 4;

    /** Losses of each step and the weights after the last. */
    private record Run(List<Float> losses, Map<String, Tensor> weights) {}

    private static Run train(Device device, Function<Init, Module> model, boolean adam) {
        Module net = model.apply(Init.of(device, 7));
        Optimizer<?> optimizer = adam
                ? new Adam(net.parameters(), Adam.Options.of(1e-3))
                : new Sgd(
                        net.parameters(), Sgd.Options.of(0.05).withMomentum(0.9).withDecay(5e-4));
        Tensor images = RandomSource.of(1).uniform(device, Shape.of(BATCH, 1, 28, 28), -1, 1);
        int[] numbers = new int[BATCH];
        for (int i = 0; i < BATCH; i++) {
            numbers[i] = i * 7 % 10;
        }
        Tensor labels = Tensor.of(device, numbers, Shape.of(BATCH));
        List<Float> losses = new ArrayList<>();
        for (int step = 0; step < STEPS; step++) {
            try (TensorScope _ = TensorScope.open()) {
                optimizer.clearGradients();
                Variable loss = ForwardPass.training(
                        RandomSource.of(3), () -> Losses.crossEntropy(net.apply(Variable.constant(images)), labels));
                loss.backward();
                optimizer.step();
                losses.add((float) loss.value().item());
            }
        }
        return new Run(losses, net.state());
    }

    private static void agreesWithTheCpu(Function<Init, Module> model, boolean adam, double tolerance) {
        Run expected = train(Device.cpu(), model, adam);
        Run actual = train(TestDevice.first(), model, adam);
        for (int i = 0; i < STEPS; i++) {
            assertEquals(expected.losses.get(i), actual.losses.get(i), tolerance, "loss of step " + i);
        }
        expected.weights.forEach((name, weight) ->
                assertArrayEquals(weight.toFloats(), actual.weights.get(name).toFloats(), (float) tolerance, name));
        assertTrue(expected.losses.getLast() < expected.losses.getFirst(), "it learns: " + expected.losses);
    }

    @Test
    void lenetAgreesWithTheCpu() {
        agreesWithTheCpu(LeNet::lenet5, false, 1e-4);
    }

    @Test
    void lenetWithBatchNormAndAdamAgreesWithTheCpu() {
        agreesWithTheCpu(LeNet::lenet5WithBatchNorm, true, 5e-3); // Adam divides small gradients by their own size
    }

    @Test
    void aRunRepeatsToTheBit() {
        Run first = train(TestDevice.first(), LeNet::lenet5WithBatchNorm, false);
        Run second = train(TestDevice.first(), LeNet::lenet5WithBatchNorm, false);
        assertEquals(first.losses, second.losses);
        first.weights.forEach((name, weight) ->
                assertArrayEquals(weight.toFloats(), second.weights.get(name).toFloats(), name));
    }
}
