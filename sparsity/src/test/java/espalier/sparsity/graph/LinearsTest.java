package espalier.sparsity.graph;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import espalier.autograd.Spec;
import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.Activation;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Pool2d;
import espalier.nn.layer.Sequential;
import espalier.nn.layer.ShortcutA;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Which products become linear layers and which only look like one; and in what order and words a network is listed.
 */
class LinearsTest {
    private static final Shape SQUARE = Shape.of(3, 3);

    /** What is computed from the input, a stored {@code [3, 3]} and another stored tensor. */
    private interface Formula {
        Variable of(Variable x, Variable w, Variable b);
    }

    private record Case(String names, Shape weight, Shape other, Formula formula) {
        Module module() {
            return new Module() {
                private final Parameter w = parameter("w", Role.WEIGHT, Tensor.ones(weight.toArray()));
                private final Parameter b = parameter("b", Role.BIAS, Tensor.ones(other.toArray()));

                @Override
                protected Variable forward(Variable x) {
                    return formula.of(x, w.get(), b.get());
                }
            };
        }

        @Override
        public String toString() {
            return names;
        }
    }

    private static Case of(String names, Formula formula) {
        return new Case(names, SQUARE, Shape.of(3), formula);
    }

    static Stream<Case> formulas() {
        return Stream.of(
                of("linear", (x, w, b) -> x.matmul(w.t()).add(b)),
                of("linear, add", (x, w, b) -> x.matmul(w.t()).add(b).add(b)),
                of("linear, mul", (x, w, b) -> x.matmul(w.t()).mul(b)),
                of("linear, add", (x, w, b) -> x.matmul(w.t()).add(x)),
                of("linear, add", (x, w, b) -> x.matmul(w.t()).add(1)),
                of("relu, add", (x, w, b) -> x.relu().add(b)),
                of("t", (x, w, b) -> w.t()),
                of("t, matmul", (x, w, b) -> x.matmul(x.t())),
                of("t, matmul", (x, w, b) -> w.t().matmul(x)),
                of("t, matmul", (x, w, b) -> {
                    Variable t = w.t();
                    return t.matmul(t);
                }),
                of("relu, tanh, add", (x, w, b) -> x.relu().add(x.tanh())),
                new Case(
                        "linear, add",
                        SQUARE,
                        SQUARE,
                        (x, w, b) -> x.matmul(w.t()).add(b)),
                new Case(
                        "linear, add",
                        SQUARE,
                        Shape.of(1),
                        (x, w, b) -> x.matmul(w.t()).add(b)),
                new Case("t, matmul", Shape.of(2, 3, 3), Shape.of(3), (x, w, b) -> x.matmul(w.t())));
    }

    @ParameterizedTest
    @MethodSource("formulas")
    void onlyAProductWithATransposeAndABiasIsALayer(Case c) {
        Network network = Network.trace(c.module(), SQUARE);
        assertEquals(
                c.names,
                String.join(
                        ", ", network.operations().stream().map(Operation::name).toList()));
        assertEquals(network.operations().getLast().result(), network.output());
        for (Operation operation : network.operations()) {
            assertEquals(operation, network.operations().get(operation.index()));
        }
    }

    /** A bias that the module around a layer adds is not the layer's. */
    @Test
    void aBiasFromElsewhereIsNotJoined() {
        Module model = new Module() {
            private final Linear layer =
                    child("layer", new Linear(Init.of(1), 3, 3, Initializer.kaimingNormal(), false));
            private final Parameter bias = parameter("bias", Role.BIAS, Tensor.ones(3));

            @Override
            protected Variable forward(Variable x) {
                return layer.apply(x).add(bias.get());
            }
        };
        assertEquals(
                List.of("linear in layer", "add"),
                Network.trace(model, SQUARE).operations().stream()
                        .map(Operation::where)
                        .toList());
    }

    /** Two parameters of one value: both layers read the one that has it. */
    @Test
    void aTiedWeightHasItsFirstName() {
        Linear first = new Linear(Init.of(1), 3, 3);
        Linear second = new Linear(Init.of(2), 3, 3);
        second.weight().parametrize(raw -> first.weight().get());
        Network network = Network.trace(new Sequential(first, second), SQUARE);
        assertEquals(
                List.of("0.weight", "0.weight"),
                network.operations().stream()
                        .map(o -> ((Operand.Stored) o.operands().get(1)).path())
                        .toList());
    }

    /** One constant read twice is one operand, with the value that it had. */
    @Test
    void aConstantIsKeptAsItWas() {
        Tensor two = Tensor.of(new float[] {1, 2, 3});
        Variable constant = Variable.constant(two);
        Module model = new Module() {
            @Override
            protected Variable forward(Variable x) {
                return x.mul(constant).add(constant);
            }
        };
        Network network = Network.trace(model, SQUARE);
        two.fillInPlace(9);
        Operand read = network.operations().get(0).operands().get(1);
        assertEquals(read, network.operations().get(1).operands().get(1));
        assertEquals(2, assertInstanceOf(Operand.Constant.class, read).value().toFloats()[1]);
    }

    @Test
    void aModelIsTracedOnItsDevice() {
        Linear model = new Linear(Init.of(1), 3, 2);
        model.to(Device.reference());
        assertEquals(
                "linear", Network.trace(model, SQUARE).operations().getFirst().name());
    }

    @Test
    void listsAreCopies() {
        List<Operand> operands = new ArrayList<>(List.of(new Operand.Input(SQUARE)));
        Operation relu = new Operation(0, "relu", Spec.NONE, "", operands, SQUARE);
        List<Operation> operations = new ArrayList<>(List.of(relu));
        Network network = new Network(SQUARE, operations, relu.result());
        operands.clear();
        operations.clear();
        assertEquals(1, network.operations().getFirst().operands().size());
        assertEquals("relu", relu.where());
    }

    /** Whatever is told of rows and columns, and both of a part, a frame and a range. */
    @Test
    void theListingTellsWhatIsNotUsual() {
        Module model = new Sequential(
                new Conv2d(Init.of(1), 2, 4, 3, new ConvSpec(1, 2, 3, 4, 2, 1, 2), false),
                new Pool2d(Pool2d.Kind.MAX, new PoolSpec(3, 2, 2, 1, 1, 0, false, true)),
                new Pool2d(Pool2d.Kind.AVERAGE, new PoolSpec(2, 2, 1, 1, 0, 0, false, true)),
                new ShortcutA(7),
                new Activation(Activation.Kind.LEAKY_RELU),
                new Module() {
                    @Override
                    protected Variable forward(Variable x) {
                        return x.clamp(-1, 2)
                                .narrow(2, 1, 2)
                                .permute(0, 2, 3, 1)
                                .mean(1, 2);
                    }
                });
        String[] lines = Network.trace(model, Shape.of(1, 2, 9, 9)).toString().split("\n", -1);
        assertEquals(
                List.of(
                        "stride 1x2, padding 3x4, dilation 2x1, groups 2",
                        "window 3x2, stride 2x1, padding 1x0",
                        "window 2, stride 1",
                        "axis 2 from 0 to 5 by 2",
                        "axis 3 from 0 to 6 by 2",
                        "axis 1 zero 1 before, 2 after",
                        "0.01",
                        "from -1.0 to 2.0",
                        "axis 2 from 1 to 3 by 1",
                        "axes [0, 2, 3, 1]",
                        "axes [1, 2]"),
                Stream.of(lines)
                        .filter(line -> line.contains("; "))
                        .map(line -> line.substring(line.indexOf("; ") + 2))
                        .toList());
        assertEquals("output #10", lines[lines.length - 2]);
    }
}
