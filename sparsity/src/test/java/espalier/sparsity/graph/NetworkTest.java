package espalier.sparsity.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Autograd;
import espalier.autograd.Spec;
import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Dropout;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.LayerNorm;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Recomputed;
import espalier.nn.layer.Sequential;
import espalier.nn.model.LeNet;
import espalier.nn.model.ResNet;
import espalier.tensor.PadMode;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class NetworkTest {
    private static List<String> names(Network network) {
        return network.operations().stream().map(Operation::name).toList();
    }

    @Test
    void lenetIsEightOperations() {
        Network network = Network.trace(LeNet.lenet5(Init.of(1)), Shape.of(2, 1, 28, 28));
        assertEquals(
                List.of("conv2d", "maxPool2d", "conv2d", "maxPool2d", "flatten", "linear", "relu", "linear"),
                names(network));
        assertEquals("""
                input [2, 1, 28, 28]
                  0  conv2d in conv1     [2, 20, 24, 24]    ← input, conv1.weight, conv1.bias
                  1  maxPool2d in pool1  [2, 20, 12, 12]    ← #0; window 2, stride 2
                  2  conv2d in conv2     [2, 50, 8, 8]      ← #1, conv2.weight, conv2.bias
                  3  maxPool2d in pool2  [2, 50, 4, 4]      ← #2; window 2, stride 2
                  4  flatten in flatten  [2, 800]           ← #3
                  5  linear in fc1       [2, 500]           ← #4, fc1.weight, fc1.bias
                  6  relu in relu3       [2, 500]           ← #5
                  7  linear in fc2       [2, 10]            ← #6, fc2.weight, fc2.bias
                output #7
                """, network.toString());
        assertEquals(new Spec.Conv(ConvSpec.of()), network.operations().get(0).spec());
        assertEquals(
                new Spec.Pool(PoolSpec.of(2, 2)), network.operations().get(1).spec());
        assertEquals(
                List.of(network.operations().get(6)),
                network.consumers(network.operations().get(5)));
    }

    @Test
    void everyParameterAndBufferIsFound() {
        for (ResNet.Shortcut shortcut : ResNet.Shortcut.values()) {
            Module model = ResNet.cifar(Init.of(1), 8, shortcut);
            Network network = Network.trace(model, Shape.of(1, 3, 8, 8));
            assertEquals(model.state().keySet(), network.stored());
            assertFalse(network.operations().stream()
                    .flatMap(operation -> operation.operands().stream())
                    .anyMatch(Operand.Constant.class::isInstance));
        }
    }

    @Test
    void batchNormIsOneOperationWithItsFiveOperands() {
        Network network = Network.trace(new Sequential(new BatchNorm(Init.of(1), 3)), Shape.of(2, 3, 4, 4));
        Operation norm = network.operations().getFirst();
        assertEquals(1, network.operations().size());
        assertEquals("batchNormInference", norm.name());
        assertEquals(new Spec.Scalar(1e-5), norm.spec());
        assertEquals("0", norm.place());
        Shape c = Shape.of(3);
        assertEquals(
                List.of(
                        new Operand.Input(Shape.of(2, 3, 4, 4)),
                        new Operand.Stored("0.scale", c),
                        new Operand.Stored("0.shift", c),
                        new Operand.Stored("0.mean", c),
                        new Operand.Stored("0.variance", c)),
                norm.operands());
    }

    @Test
    void aParametrizedWeightIsOneOperand() {
        Linear layer = new Linear(Init.of(1), 4, 3);
        layer.weight().parametrize(raw -> raw.softThreshold(0.1).mul(2));
        BatchNorm norm = new BatchNorm(Init.of(1), 3);
        norm.shift().parametrize(raw -> norm.scale().get().mul(raw));
        Network network = Network.trace(new Sequential(layer, norm), Shape.of(1, 4));
        assertEquals(List.of("linear", "batchNormInference"), names(network));
        assertEquals(Set.of("0.weight", "0.bias", "1.scale", "1.shift", "1.mean", "1.variance"), network.stored());
    }

    @Test
    void paddedShortcutIsSlicesAndAPad() {
        Network network = Network.trace(ResNet.cifar(Init.of(1), 8, ResNet.Shortcut.PADDED), Shape.of(1, 3, 8, 8));
        List<Operation> shortcut = network.operations().stream()
                .filter(operation -> operation.place().equals("stage2block1.shortcut"))
                .toList();
        assertEquals(
                List.of(new Spec.Part(2, 0, 8, 2), new Spec.Part(3, 0, 8, 2), new Spec.Pad(PadMode.ZERO, 1, 8, 8)),
                shortcut.stream().map(Operation::spec).toList());
        assertEquals(3, names(network).stream().filter("add"::equals).count());
    }

    @Test
    void onlyAStoredBiasOfTheSameLayerJoinsALinear() {
        Linear first = new Linear(Init.of(1), 3, 3);
        Module twice = new Module() {
            private final Linear layer = child("layer", first);

            @Override
            protected Variable forward(Variable x) {
                Variable product = x.matmul(layer.weight().get().t());
                return product.add(layer.bias().orElseThrow().get()).mul(product);
            }
        };
        Network network = Network.trace(twice, Shape.of(2, 3));
        assertEquals(List.of("linear", "add", "mul"), names(network));
        Module transposed = new Module() {
            private final Linear layer = child("layer", new Linear(Init.of(1), 3, 3));

            @Override
            protected Variable forward(Variable x) {
                Variable w = layer.weight().get().t();
                return x.matmul(w).add(w);
            }
        };
        assertEquals(List.of("t", "matmul", "add"), names(Network.trace(transposed, Shape.of(3, 3))));
    }

    @Test
    void dropoutAndRecomputationLeaveNoTrace() {
        Module model = new Sequential(
                new Flatten(),
                new Recomputed(new Sequential(new Linear(Init.of(1), 4, 4), Activation.relu())),
                new Dropout(0.5),
                new LayerNorm(Init.of(1), 4));
        Network network = Network.trace(model, Shape.of(1, 2, 2));
        assertEquals(List.of("flatten", "linear", "relu", "standardize", "mul", "add"), names(network));
        assertEquals("1.body.0", network.operations().get(1).place());
    }

    @Test
    void everyOperationFollowsThoseItReads() {
        Network network = Network.trace(ResNet.cifar(Init.of(1), 20, ResNet.Shortcut.PROJECTED), Shape.of(1, 3, 8, 8));
        for (Operation operation : network.operations()) {
            assertEquals(operation, network.operations().get(operation.index()));
            for (Operand operand : operation.operands()) {
                if (operand instanceof Operand.Result result) {
                    assertTrue(result.operation() < operation.index());
                    assertEquals(network.operation(result).shape(), result.shape());
                }
            }
        }
        assertEquals(network.operations().getLast().result(), network.output());
    }

    @Test
    void constantsAreKeptAndAnUnchangedInputIsTheOutput() {
        Module adds = new Module() {
            @Override
            protected Variable forward(Variable x) {
                return x.add(Variable.constant(Tensor.of(new float[] {1, 2}))).leakyRelu(0.25);
            }
        };
        Network network = Autograd.withoutGrad(() -> Network.trace(adds, Shape.of(3, 2)));
        Operand.Constant constant = assertInstanceOf(
                Operand.Constant.class,
                network.operations().getFirst().operands().get(1));
        assertEquals(
                List.of(1f, 2f),
                List.of(constant.value().toFloats()[0], constant.value().toFloats()[1]));
        assertEquals(new Spec.Scalar(0.25), network.operations().get(1).spec());
        Network nothing = Network.trace(new Sequential(), Shape.of(2, 2));
        assertEquals(new Operand.Input(Shape.of(2, 2)), nothing.output());
        assertTrue(nothing.operations().isEmpty());
        assertEquals(
                "input,output",
                nothing.toString().lines().map(line -> line.split(" ")[0]).collect(Collectors.joining(",")));
    }
}
