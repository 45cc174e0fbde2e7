package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.autograd.Variable;
import espalier.autograd.op.Normalizations;
import espalier.autograd.op.Poolings;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.nn.layer.ShortcutA;
import espalier.tensor.PadMode;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What an operation makes of a constant channel: −1.5 of a filter of zeros, read by a weight of 7 beside a bias of 0.5.
 */
class ConstantsTest {
    private static final Init INIT = Init.of(1);
    private static final Shape INPUT = Shape.of(1, 1, 4, 4);

    /** An operation and what it makes of −1.5, by other arithmetic. */
    record Case(String name, UnaryOperator<Variable> operation, double result) {
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

    private static void set(Module model, String path, float... values) {
        Tensor old = model.state().get(path);
        old.copyInPlace(Tensor.of(values).reshape(old.shape()));
    }

    /** Of two filters the second is zero and has a bias; a reader of both stands behind what is put between them. */
    private static Module model(float bias, Module between) {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 2, 1, 0, 1, true), between, Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        set(model, "0.weight", 2, 0);
        set(model, "0.bias", 1, bias);
        set(model, "2.weight", 5, 7);
        set(model, "2.bias", 0.5f);
        return model;
    }

    /** Cuts what is dead, which compares the outputs, and says what the reader's bias has become. */
    private static void assertFolds(double expected, Module model, String bias) {
        Surgeon surgeon = Surgeon.of(model, INPUT);
        Plan plan = surgeon.dead();
        assertEquals(1, plan.channels(), plan::toString);
        surgeon.cut(plan);
        assertArrayEquals(
                new float[] {(float) expected}, model.state().get(bias).toFloats(), 1e-5f);
    }

    static Stream<Case> functions() {
        double e = Math.exp(-1.5);
        return Stream.of(
                new Case("relu", Variable::relu, 0),
                new Case("leakyRelu", x -> x.leakyRelu(0.25), -0.375),
                new Case("sigmoid", Variable::sigmoid, e / (1 + e)),
                new Case("tanh", Variable::tanh, (e * e - 1) / (e * e + 1)),
                new Case("gelu", Variable::gelu, -1.5 * 0.0668072013), // Φ(−1.5)
                new Case("silu", Variable::silu, -1.5 * e / (1 + e)),
                new Case("softplus", Variable::softplus, Math.log(1 + e)),
                new Case("exp", Variable::exp, e),
                new Case("abs", Variable::abs, 1.5),
                new Case("neg", Variable::neg, 1.5),
                new Case("square", Variable::square, 2.25),
                new Case("clamp from below", x -> x.clamp(-1, 1), -1),
                new Case("clamp from above", x -> x.clamp(-4, -2), -2),
                new Case("plus a number", x -> x.add(2), 0.5),
                new Case("minus a number", x -> x.sub(2), -3.5),
                new Case("times a number", x -> x.mul(4), -6),
                new Case("by a number", x -> x.div(4), -0.375),
                new Case("the smaller", x -> x.min(-2), -2),
                new Case("the larger", x -> x.max(-1), -1),
                new Case("plus itself", x -> x.add(x.square()), 0.75),
                new Case("minus itself", x -> x.sub(x.square()), -3.75),
                new Case("times itself", x -> x.mul(x.square()), -3.375),
                new Case("by itself", x -> x.div(x.square().add(2)), -1.5 / 4.25),
                new Case("the smaller of two", x -> x.square().min(x), -1.5),
                new Case("the larger of two", x -> x.square().max(x), 2.25),
                new Case("maxPool2d", x -> Poolings.max(PoolSpec.of(2, 1).withPadding(1), x), -1.5),
                new Case("avgPool2d", x -> Poolings.average(PoolSpec.of(3, 1), x), -1.5),
                new Case("its padding not counted", x -> Poolings.average(padded(1, 1, false), x), -1.5),
                new Case("adaptiveAvgPool2d", x -> Poolings.adaptiveAverage(x, 2, 3), -1.5),
                new Case("mean", x -> x.mean(true, 2, 3), -1.5),
                new Case("maxOver", x -> x.maxOver(true, 3), -1.5),
                new Case("minOver", x -> x.minOver(true, 2), -1.5),
                new Case("narrow", x -> x.narrow(2, 1, 2), -1.5),
                new Case("slice", x -> x.slice(3, 0, 4, 2), -1.5),
                new Case("split", x -> x.split(2, 1, 3).get(1), -1.5),
                new Case("select", x -> x.select(3, 0).unsqueeze(3), -1.5),
                new Case("unstack", x -> x.unstack(3).get(1).unsqueeze(3), -1.5),
                new Case("permute", x -> x.permute(0, 3, 1, 2).permute(0, 2, 3, 1), -1.5),
                new Case("transpose", x -> x.transpose(1, 3).abs().transpose(1, 3), 1.5));
    }

    private static PoolSpec padded(int rows, int columns, boolean counted) {
        return new PoolSpec(3, 3, 1, 1, rows, columns, false, counted);
    }

    @ParameterizedTest
    @MethodSource("functions")
    void theConstantIsFoldedBehindTheOperation(Case c) {
        assertFolds(0.5 + 7 * c.result, model(-1.5f, layer(c.operation)), "2.bias");
    }

    /** What is no constant any more, or is not known to be one, stays; a channel of zeros is one even there. */
    static Stream<Case> varying() {
        return Stream.of(
                new Case("zeros counted", x -> Poolings.average(padded(1, 1, true), x), 0),
                new Case("above and below", x -> Poolings.average(padded(1, 0, true), x), 0),
                new Case("left and right", x -> Poolings.average(padded(0, 1, true), x), 0),
                new Case("a frame of zeros", x -> x.pad(PadMode.ZERO, 2, 1, 0), 0),
                new Case("a sum", x -> x.sum(true, 2, 3), 0));
    }

    @ParameterizedTest
    @MethodSource("varying")
    void zerosFromOutsideAreNotTheConstant(Case c) {
        assertEquals(
                0, Surgeon.of(model(-1.5f, layer(c.operation)), INPUT).dead().channels());
        assertFolds(0.5, model(0, layer(c.operation)), "2.bias");
    }

    /** Stored scales before, after, and in the place of what comes in. */
    @Test
    void aStoredVectorMeetsTheConstant() {
        record Meeting(double result, BinaryOperator<Variable> operation) {}
        for (Meeting m : List.of(
                new Meeting(-1.5 + 4, Variable::add),
                new Meeting(-1.5 - 4, Variable::sub),
                new Meeting(4 + 1.5, (x, s) -> s.sub(x)),
                new Meeting(-1.5 * 4, Variable::mul),
                new Meeting(-1.5 / 4, Variable::div),
                new Meeting(4 / -1.5, (x, s) -> s.div(x)),
                new Meeting(-1.5, Variable::min),
                new Meeting(4, Variable::max))) {
            Module between = new Module() {
                private final Parameter stored =
                        parameter("stored", Role.GATE, Tensor.of(new float[] {1, 4}, 1, 2, 1, 1));

                @Override
                protected Variable forward(Variable x) {
                    return m.operation.apply(x, stored.get());
                }
            };
            assertFolds(0.5 + 7 * m.result, model(-1.5f, between), "2.bias");
        }
    }

    @Test
    void aGateOfZeroMakesAConstantOfWhatVaries() {
        Module between = new Module() {
            private final Parameter gate = parameter("gate", Role.GATE, Tensor.of(new float[] {1, 0}, 1, 2, 1, 1));

            @Override
            protected Variable forward(Variable x) {
                return x.mul(gate.get());
            }
        };
        Module model = model(-1.5f, between);
        set(model, "0.weight", 2, 3);
        assertFolds(0.5, model, "2.bias");
    }

    /** 0.02·(−1.5 + 1)/√(0.00009 + 0.00001) + 3 = 2. */
    @Test
    void aBatchNormOfTheConstant() {
        Module model = model(-1.5f, new BatchNorm(INIT, 2));
        set(model, "1.scale", 1, 0.02f);
        set(model, "1.shift", 0, 3);
        set(model, "1.mean", 0, -1);
        set(model, "1.variance", 1, 9e-5f);
        Surgeon surgeon = Surgeon.of(model, INPUT);
        surgeon.cut(surgeon.dead());
        assertEquals(0.5f + 7 * 2, model.state().get("2.bias").toFloats()[0], 1e-4f);
    }

    @Test
    void aScaleAndShiftWithoutStatistics() {
        Module between = new Module() {
            private final Parameter scale = parameter("scale", Role.NORM_SCALE, Tensor.of(new float[] {1, 2}));
            private final Parameter shift = parameter("shift", Role.NORM_SHIFT, Tensor.of(new float[] {0, 10}));

            @Override
            protected Variable forward(Variable x) {
                return Normalizations.scaleShift(x, scale.get(), shift.get());
            }
        };
        assertFolds(0.5 + 7 * (2 * -1.5 + 10), model(-1.5f, between), "2.bias");
    }

    /** Behind a flatten the constant stands in 16 columns. */
    @Test
    void aLinearLayerSumsTheConstantsColumns() {
        Module model =
                new Sequential(Topologies.conv(INIT, 1, 2, 1, 0, 1, true), new Flatten(), new Linear(INIT, 32, 1));
        float[] columns = new float[32];
        for (int i = 0; i < 32; i++) {
            columns[i] = i;
        }
        set(model, "0.weight", 2, 0);
        set(model, "0.bias", 1, -1.5f);
        set(model, "2.weight", columns);
        set(model, "2.bias", 0.5f);
        assertFolds(0.5 - 1.5 * (16 + 31) * 8, model, "2.bias");
    }

    /** The kernel's sum, 0 + 1 + ... + 8; a kernel whose first place is zero is read all the same. */
    @Test
    void aKernelReadsTheConstantAtAllItsPlaces() {
        Module model =
                new Sequential(Topologies.conv(INIT, 1, 2, 1, 0, 1, true), Topologies.conv(INIT, 2, 1, 3, 0, 1, true));
        set(model, "0.weight", 2, 0);
        set(model, "0.bias", 1, -1.5f);
        set(model, "1.weight", 1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 1, 2, 3, 4, 5, 6, 7, 8);
        set(model, "1.bias", 0.5f);
        assertFolds(0.5 - 1.5 * 36, model, "1.bias");
    }

    /** A filter that reads a channel of zeros alone makes its bias of it, padding or not. */
    @Test
    void paddingAddsNothingToZeros() {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 2, 1, 0, 1, false),
                Topologies.conv(INIT, 2, 2, 3, 1, 1, true),
                Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        float[] second = new float[36];
        Arrays.fill(second, 1);
        Arrays.fill(second, 18, 27, 0); // the second filter reads the second channel only
        set(model, "0.weight", 2, 0);
        set(model, "1.weight", second);
        set(model, "1.bias", 1, 3);
        set(model, "2.weight", 5, 7);
        set(model, "2.bias", 0.5f);
        Surgeon surgeon = Surgeon.of(model, INPUT);
        Plan plan = surgeon.dead();
        assertEquals(2, plan.channels());
        surgeon.cut(plan);
        assertArrayEquals(
                new float[] {0.5f + 7 * 3}, model.state().get("2.bias").toFloats());
    }

    @Test
    void theZerosOfAShortcutAreCut() {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 2, 1, 0, 1, false),
                new ShortcutA(5), // one before, two after
                Topologies.conv(INIT, 5, 1, 1, 0, 1, false));
        set(model, "2.weight", 1, 2, 3, 4, 5);
        Surgeon surgeon = Surgeon.of(model, INPUT);
        surgeon.cut(surgeon.dead());
        assertArrayEquals(new float[] {2, 3}, model.state().get("2.weight").toFloats());
        assertEquals(2, ((ShortcutA) model.modules().get("1")).out());
    }
}
