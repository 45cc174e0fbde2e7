package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Discovery;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.LeNet;
import espalier.nn.model.MobileNet;
import espalier.nn.model.ResNet;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

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

    /** A step that is computed on the host would have to fetch what it computes with. */
    @ParameterizedTest
    @MethodSource("models")
    void aStepOfTrainingNeverWaits(Function<Init, Module> model, Shape image) {
        TestDevice.first();
        CommandQueue queue = new CommandQueue(Discovery.now().devices().getFirst());
        try (OpenClBackend backend = new OpenClBackend(queue, Flavour.CPU)) {
            Device device = new Device("own", backend);
            Module net = model.apply(Init.of(device, 7));
            Sgd optimizer = new Sgd(net.parameters(), Sgd.Options.of(0.1).withMomentum(0.9));
            Tensor images = RandomSource.of(1).uniform(device, image.inserting(0, 2), -1, 1);
            Tensor labels = Tensor.of(device, new int[] {3, 1}, Shape.of(2));
            int before = queue.waits();
            for (int step = 0; step < 2; step++) {
                try (TensorScope _ = TensorScope.open()) {
                    optimizer.clearGradients();
                    ForwardPass.training(
                                    RandomSource.of(3),
                                    () -> Losses.crossEntropy(net.apply(Variable.constant(images)), labels))
                            .backward();
                    optimizer.step();
                }
            }
            assertEquals(before, queue.waits());
        }
    }

    static Stream<Arguments> models() {
        return Stream.of(
                Arguments.of((Function<Init, Module>) LeNet::lenet5, Shape.of(1, 28, 28)),
                Arguments.of(Task.resnet20().model, Shape.of(3, 32, 32)),
                Arguments.of((Function<Init, Module>) MobileNet::v1, Shape.of(3, 32, 32)));
    }

    @Test
    void aLabelThatIsNoneIsToldAtTheNextWait() {
        Device device = TestDevice.first();
        Tensor logits = Tensor.zeros(device, DType.F32, Shape.of(3, 10));
        for (int wrong : new int[] {10, -1, Integer.MIN_VALUE}) {
            Tensor labels = Tensor.of(device, new int[] {0, wrong, 9}, Shape.of(3));
            Tensor losses = Softmax.crossEntropy(logits, labels, 0).losses();
            ShapeException refused = assertThrows(ShapeException.class, losses::toFloats);
            assertEquals("crossEntropy: a label is not from 0 to 9 (it is " + wrong + ")", refused.getMessage());
            assertEquals(Math.log(10), losses.get(2), 1e-6, "told once");
        }
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
