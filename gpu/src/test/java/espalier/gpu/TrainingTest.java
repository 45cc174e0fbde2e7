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
import espalier.nn.model.ResNet;
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
    /** What is trained, and on what: images of {@code channels x side x side}. */
    private record Task(
            Function<Init, Module> model, boolean adam, int batch, int channels, int side, int steps, double rate) {
        static Task lenet(Function<Init, Module> model, boolean adam) {
            return new Task(model, adam, 16, 1, 28, 4, 0.05);
        }

        static Task resnet20() {
            return new Task(init -> ResNet.cifar(init, 20, ResNet.Shortcut.PROJECTED), false, 4, 3, 32, 2, 0.01);
        }
    }

    /** Losses of each step and the weights after the last. */
    private record Run(List<Float> losses, Map<String, Tensor> weights) {}

    private static Run train(Device device, Task task) {
        Module net = task.model.apply(Init.of(device, 7));
        Optimizer<?> optimizer = task.adam
                ? new Adam(net.parameters(), Adam.Options.of(1e-3))
                : new Sgd(
                        net.parameters(),
                        Sgd.Options.of(task.rate).withMomentum(0.9).withDecay(5e-4));
        Shape shape = Shape.of(task.batch, task.channels, task.side, task.side);
        Tensor images = RandomSource.of(1).uniform(device, shape, -1, 1);
        int[] numbers = new int[task.batch];
        for (int i = 0; i < task.batch; i++) {
            numbers[i] = i * 7 % 10;
        }
        Tensor labels = Tensor.of(device, numbers, Shape.of(task.batch));
        List<Float> losses = new ArrayList<>();
        for (int step = 0; step < task.steps; step++) {
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

    private static void agreesWithTheCpu(Task task, double tolerance) {
        Run expected = train(Device.cpu(), task);
        Run actual = train(TestDevice.first(), task);
        for (int i = 0; i < task.steps; i++) {
            assertEquals(expected.losses.get(i), actual.losses.get(i), tolerance, "loss of step " + i);
        }
        expected.weights.forEach((name, weight) ->
                assertArrayEquals(weight.toFloats(), actual.weights.get(name).toFloats(), (float) tolerance, name));
        assertTrue(expected.losses.getLast() < expected.losses.getFirst(), "it learns: " + expected.losses);
    }

    private static void repeatsToTheBit(Task task) {
        Run first = train(TestDevice.first(), task);
        Run second = train(TestDevice.first(), task);
        assertEquals(first.losses, second.losses);
        first.weights.forEach((name, weight) ->
                assertArrayEquals(weight.toFloats(), second.weights.get(name).toFloats(), name));
    }

    @Test
    void lenetAgreesWithTheCpu() {
        agreesWithTheCpu(Task.lenet(LeNet::lenet5, false), 1e-4);
    }

    /** Adam divides small gradients by their own size. */
    @Test
    void lenetWithBatchNormAndAdamAgreesWithTheCpu() {
        agreesWithTheCpu(Task.lenet(LeNet::lenet5WithBatchNorm, true), 5e-3);
    }

    @Test
    void resnet20AgreesWithTheCpu() {
        agreesWithTheCpu(Task.resnet20(), 1e-3);
    }

    @Test
    void lenetRepeatsToTheBit() {
        repeatsToTheBit(Task.lenet(LeNet::lenet5WithBatchNorm, false));
    }

    @Test
    void resnet20RepeatsToTheBit() {
        repeatsToTheBit(Task.resnet20());
    }
}
