package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Reshaping;
import espalier.autograd.Variable;
import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Poolings;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv1d;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.tensor.PadMode;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What operations do to channels: through which of them a channel is followed and cut, and which hold it, saying why.
 */
class WirerTest {
    private static final Init INIT = Init.of(1);
    /** As many rows as the stem has filters, so that axes cannot be told apart by their lengths. */
    private static final Shape INPUT = Shape.of(2, 1, 3, 5);

    private record Case(String name, Module between, Module reader) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static Module layer(UnaryOperator<Variable> operation) {
        return new Module() {
            @Override
            protected Variable forward(Variable x) {
                return operation.apply(x);
            }
        };
    }

    /** An operation on what comes in and a tensor of its own, trained or not. */
    private static Module with(boolean trained, Tensor own, BinaryOperator<Variable> operation) {
        return new Module() {
            private final Optional<Parameter> parameter =
                    trained ? Optional.of(parameter("own", Role.GATE, own)) : Optional.empty();

            {
                if (!trained) {
                    buffer("own", own);
                }
            }

            @Override
            protected Variable forward(Variable x) {
                return operation.apply(
                        x, parameter.map(Parameter::get).orElseGet(() -> Variable.constant(buffer("own"))));
            }
        };
    }

    /** Three 1x1 filters, the second of zeros, and whatever follows. */
    private static Module model(Module... rest) {
        Module stem = Topologies.conv(INIT, 1, 3, 1, 0, 1, false);
        stem.parameters().get("weight").set(Tensor.of(new float[] {1, 0, 2}, 3, 1, 1, 1));
        return new Sequential(Stream.concat(Stream.of(stem), Stream.of(rest)).toList());
    }

    private static Module conv(int in) {
        return Topologies.conv(INIT, in, 2, 1, 0, 1, true);
    }

    private static Case follows(String name, UnaryOperator<Variable> operation, Module reader) {
        return new Case(name, layer(operation), reader);
    }

    static Stream<Case> followed() {
        return Stream.of(
                follows("channels last", x -> x.permute(0, 2, 3, 1), new Linear(INIT, 3, 2)),
                follows(
                        "channels last and one column",
                        x -> x.permute(0, 2, 3, 1).select(2, 1),
                        new Linear(INIT, 3, 2)),
                follows("... or two", x -> x.permute(0, 2, 3, 1).narrow(2, 1, 2), new Linear(INIT, 3, 2)),
                follows("... or their mean", x -> x.permute(0, 2, 3, 1).mean(1, 2), new Linear(INIT, 3, 2)),
                follows("... or it kept", x -> x.permute(0, 2, 3, 1).mean(true, 1, 2), new Linear(INIT, 3, 2)),
                follows("a sum", x -> x.sum(2, 3), new Linear(INIT, 3, 2)),
                follows("the largest", x -> x.maxOver(2, 3), new Linear(INIT, 3, 2)),
                follows("the smallest", x -> x.minOver(2, 3), new Linear(INIT, 3, 2)),
                follows(
                        "an axis less, an axis more",
                        x -> x.mean(true, 3).squeeze(3).unsqueeze(3),
                        conv(3)),
                follows(
                        "rows joined to columns",
                        x -> x.reshape(2, x.shape().dim(1), 15).unsqueeze(2),
                        conv(3)),
                follows(
                        "flattened but for the columns",
                        x -> x.reshape(2, 3 * x.shape().dim(1), 5).unsqueeze(3),
                        conv(9)),
                follows("parts side by side", x -> Reshaping.concat(2, List.of(x, x.abs())), conv(3)),
                follows("parts behind each other", x -> Reshaping.concat(1, List.of(x, x.abs())), conv(6)),
                follows("zeros around the channels", x -> x.pad(PadMode.ZERO, 1, 1, 2), conv(6)),
                follows("times the first image", x -> x.select(0, 0).mul(x), conv(3)),
                follows("times its mean row", x -> x.mul(x.mean(true, 2)), conv(3)),
                new Case("times one number", with(true, Tensor.ones(1, 1, 1, 1), Variable::mul), conv(3)),
                new Case("times a row", with(true, Tensor.ones(5), Variable::mul), conv(3)),
                new Case("times a plane", with(true, Tensor.ones(3, 5), Variable::mul), conv(3)),
                new Case("times a vector", with(true, Tensor.ones(3, 1, 1), (x, s) -> s.mul(x)), conv(3)));
    }

    @ParameterizedTest
    @MethodSource("followed")
    void theChannelIsFollowedAndCut(Case c) {
        Module model = model(c.between, c.reader, layer(x -> x.add(1)));
        Surgeon surgeon = Surgeon.of(model, INPUT);
        Plan plan = surgeon.dead();
        assertTrue(
                plan.groups().stream()
                        .anyMatch(g -> List.of(1).equals(g.losses().get(new Site("0.weight", 0)))),
                plan::toString);
        surgeon.cut(plan);
    }

    static Stream<Case> held() {
        return Stream.of(
                follows("surgery does not know narrow in 1 of shape [2, 2, 3, 5]", x -> x.narrow(1, 0, 2), conv(2)),
                follows("surgery does not know mean in 1 of shape [2, 1, 3, 5]", x -> x.mean(true, 1), conv(1)),
                follows(
                        "surgery does not know mean in 1 of shape [2, 3]",
                        x -> Poolings.globalAverage(x.transpose(1, 2)),
                        new Linear(INIT, 3, 2)),
                follows(
                        "surgery does not know reshape in 1 of shape [3, 3, 10]",
                        x -> x.reshape(3, 3, 10),
                        new Flatten()),
                follows("surgery does not know linear in 2 of shape [2, 3, 3, 2]", x -> x, new Linear(INIT, 5, 2)),
                follows(
                        "surgery does not know batchNormInference in 2 of shape [2, 3, 3, 5]",
                        x -> x.transpose(1, 2),
                        new BatchNorm(INIT, 3)),
                follows(
                        "add in 1 broadcasts it",
                        x -> x.add(x.narrow(3, 0, 3).transpose(1, 2).mean(true, 3)),
                        conv(3)),
                follows(
                        "surgery does not know concat in 1 of shape [2, 4, 3, 5]",
                        x -> Reshaping.concat(1, List.of(x, Variable.constant(Tensor.ones(2, 1, 3, 5)))),
                        conv(4)),
                follows(
                        "surgery does not know concat in 1 of shape [2, 6, 3, 5]",
                        x -> Reshaping.concat(1, List.of(x, x.transpose(1, 2))),
                        conv(6)),
                follows(
                        "mul in 1 reads a constant tensor, which cannot be cut",
                        x -> x.mul(Variable.constant(Tensor.ones(3, 1, 1))),
                        conv(3)),
                new Case(
                        "surgery cannot replace the buffer 1.own",
                        with(false, Tensor.ones(3, 1, 1), Variable::mul),
                        conv(3)),
                new Case(
                        "surgery does not know matmul in 1 of shape [2, 3, 5, 2]",
                        with(
                                true,
                                Tensor.ones(1, 3, 2),
                                (x, w) -> x.permute(0, 2, 3, 1).matmul(w)),
                        conv(3)),
                new Case(
                        "conv2d in 1 has a bias that is not stored",
                        with(true, Tensor.ones(3, 3, 1, 1), (x, w) -> {
                            Variable bias = Variable.constant(Tensor.ones(3));
                            return Convolutions.conv2d(ConvSpec.of(), x, w, Optional.of(bias))
                                    .add(x);
                        }),
                        conv(3)),
                new Case(
                        "conv2d in 1 has a number of groups that surgery cannot change",
                        with(
                                true,
                                Tensor.ones(3, 1, 1, 1),
                                (x, w) -> Convolutions.conv2d(ConvSpec.of().withGroups(3), x, w)),
                        conv(3)));
    }

    @ParameterizedTest
    @MethodSource("held")
    void theChannelIsHeldAndTheReasonTold(Case c) {
        Surgeon surgeon = Surgeon.of(model(c.between, c.reader), INPUT);
        assertEquals(0, surgeon.dead().channels());
        assertEquals(
                "surgery: 0.weight axis 0 index 1 cannot be cut: " + c.name,
                assertThrows(
                                IllegalArgumentException.class,
                                () -> surgeon.without(List.of(Selection.of("0.weight", 1))))
                        .getMessage());
    }

    private static String refusal(Module model, Shape input, Selection selection) {
        return assertThrows(
                        IllegalArgumentException.class,
                        () -> Surgeon.of(model, input).without(List.of(selection)))
                .getMessage();
    }

    /** The channel that all others are multiplied by stays; of the others one goes. */
    @Test
    void aChannelThatIsSpreadOverOthersStays() {
        Module model = new Module() {
            private final Module stem = child("stem", model());
            private final Module gate = child("gate", Topologies.conv(INIT, 1, 1, 1, 0, 1, true));
            private final Module reader = child("reader", conv(3));

            @Override
            protected Variable forward(Variable x) {
                return reader.apply(gate.apply(x).sigmoid().mul(stem.apply(x)));
            }
        };
        assertEquals(1, Surgeon.of(model, INPUT).dead().channels());
        assertEquals(
                "surgery: gate.weight axis 0 index 0 cannot be cut: mul broadcasts it",
                refusal(model, INPUT, Selection.of("gate.weight", 0)));
    }

    /** A number for each image, in an axis of its own, before channels that stand last. */
    @Test
    void oneNumberTimesChannelsInAnotherAxis() {
        Module model = new Module() {
            private final Module stem = child("stem", model());
            private final Module gate = child("gate", Topologies.conv(INIT, 1, 1, 1, 0, 1, true));
            private final Module reader = child("reader", new Linear(INIT, 3, 2));

            @Override
            protected Variable forward(Variable x) {
                Variable number = gate.apply(x).mean(true, 2, 3);
                return reader.apply(number.mul(stem.apply(x).permute(0, 2, 3, 1)));
            }
        };
        Surgeon surgeon = Surgeon.of(model, INPUT);
        assertEquals("stem.0.weight:0:1", surgeon.dead().encoded());
        surgeon.cut(surgeon.dead());
    }

    /** Zeros that no shortcut has put there: they stay, before and behind. */
    @Test
    void zerosThatSurgeryCannotTakeAwayStay() {
        Module model = model(layer(x -> x.pad(PadMode.ZERO, 1, 1, 2)), conv(6));
        for (int index : new int[] {0, 4, 5}) {
            assertEquals(
                    "surgery: 2.weight axis 1 index " + index
                            + " cannot be cut: pad in 1 pads by numbers that surgery cannot change",
                    refusal(model, INPUT, new Selection(new Site("2.weight", 1), List.of(index))));
        }
        assertEquals(1, Surgeon.of(model, INPUT).dead().channels());
    }

    /**
     * What one operation may not lose, another may not take: an unknown one reads the vector that scales the channels.
     */
    @Test
    void aVectorThatAnUnknownOperationReadsIsWhole() {
        Module model = new Module() {
            private final Module stem = child("stem", model());
            private final Parameter scale = parameter("scale", Role.GATE, Tensor.ones(3, 1, 1));
            private final Module reader = child("reader", conv(3));

            @Override
            protected Variable forward(Variable x) {
                Variable other = x.add(3).pow(scale.get());
                Variable again = x.mean(true, 3).add(3).pow(scale.get());
                return reader.apply(stem.apply(x).mul(scale.get()))
                        .mean(true, 1)
                        .add(other.mean(true, 1))
                        .add(again.mean(true, 1));
            }
        };
        assertEquals(
                "surgery: stem.0.weight axis 0 index 1 cannot be cut: surgery does not know pow of shape [2, 3, 3, 5]",
                refusal(model, INPUT, Selection.of("stem.0.weight", 1)));
    }

    // ---- convolutions of a line, and padding in one direction

    private static Module line(ConvSpec spec) {
        Module model = new Sequential(
                new Conv1d(INIT, 1, 2, 1, ConvSpec.of()), new Conv1d(INIT, 2, 1, 3, spec), layer(x -> x.add(1)));
        model.parameters().get("0.weight").set(Tensor.of(new float[] {1, 0}, 2, 1, 1));
        model.parameters().get("0.bias").set(Tensor.of(new float[] {0, 3}));
        return model;
    }

    /** Its rows are none, so their padding is none either. */
    @Test
    void aConvolutionOfALine() {
        ConvSpec rows = new ConvSpec(1, 1, 1, 0, 1, 1, 1);
        ConvSpec columns = new ConvSpec(1, 1, 0, 1, 1, 1, 1);
        Shape input = Shape.of(2, 1, 7);
        Surgeon surgeon = Surgeon.of(line(rows), input);
        Plan plan = surgeon.dead();
        assertEquals("a constant, folded into 1.bias", plan.groups().getFirst().why());
        surgeon.cut(plan);
        assertEquals(0, Surgeon.of(line(columns), input).dead().channels());
    }

    @Test
    void paddingOfRowsOrOfColumnsHoldsAConstant() {
        for (boolean rows : new boolean[] {true, false}) {
            ConvSpec spec = new ConvSpec(1, 1, rows ? 1 : 0, rows ? 0 : 1, 1, 1, 1);
            Module model = model(new BatchNorm(INIT, 3), new Conv2d(INIT, 3, 1, 3, spec, true));
            model.parameters().get("1.shift").set(Tensor.of(new float[] {0, 3, 0}));
            Plan plan = Surgeon.of(model, INPUT).dead();
            assertEquals(0, plan.channels());
            assertTrue(plan.kept().getFirst().contains("pads with zeros"), plan::toString);
        }
    }

    /** A depthwise convolution of a line knows its groups alone. */
    @Test
    void theGroupsOfALineCannotBeChanged() {
        Module model = new Sequential(
                new Conv1d(INIT, 1, 2, 1, ConvSpec.of()),
                new Conv1d(INIT, 2, 2, 1, ConvSpec.of().withGroups(2)),
                new Conv1d(INIT, 2, 1, 1, ConvSpec.of()));
        assertEquals(
                "surgery: 0.weight axis 0 index 1 cannot be cut: conv1d in 1 has a number of groups that surgery cannot"
                        + " change",
                refusal(model, Shape.of(1, 1, 4), Selection.of("0.weight", 1)));
    }
}
