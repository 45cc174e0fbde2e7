package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What fits an operation and what does not; what a program counts; and when two of them are the same. */
class OperationTest {
    private static PackedTensor ones(int... dims) {
        Shape shape = Shape.of(dims);
        float[] values = new float[shape.size()];
        java.util.Arrays.fill(values, 1);
        return PackedTensor.of("w", values, shape, Form.DENSE);
    }

    private static Optional<PackedTensor> some(int... dims) {
        return Optional.of(ones(dims));
    }

    private static final Optional<PackedTensor> NONE = Optional.empty();
    private static final ConvSpec ONE = ConvSpec.of();

    private record Case(String reason, Operation operation, List<Shape> inputs) {
        @Override
        public String toString() {
            return reason;
        }
    }

    private static Case of(String reason, Operation operation, Shape... inputs) {
        return new Case(reason, operation, List.of(inputs));
    }

    static Stream<Case> misfits() {
        Shape image = Shape.of(2, 3, 5);
        Shape vector = Shape.of(2);
        return Stream.of(
                of(
                        "convolution: [3] should have 4 values",
                        new Operation.Convolution(ONE, ones(4, 2, 1, 1), some(3), NONE),
                        image),
                of(
                        "convolution: [3] should have 4 values",
                        new Operation.Convolution(ONE, ones(4, 2, 1, 1), NONE, some(3)),
                        image),
                of(
                        "convolution: needs an image of 3 axes, not [2]",
                        new Operation.Convolution(ONE, ones(4, 2, 1, 1), NONE, NONE),
                        vector),
                of("linear: [3] should have 4 values", new Operation.Linear(ones(4, 2), some(3), NONE), vector),
                of("linear: [4, 1] should have 4 values", new Operation.Linear(ones(4, 2), NONE, some(4, 1)), vector),
                of(
                        "linear: weight [4, 2, 1] does not fit input [2]",
                        new Operation.Linear(ones(4, 2, 1), NONE, NONE),
                        vector),
                of(
                        "linear: needs an image of 1 axis, not [2, 3, 5]",
                        new Operation.Linear(ones(4, 5), NONE, NONE),
                        image),
                of("scaleShift: [3] should have 2 values", new Operation.ScaleShift(ones(3), ones(2)), image),
                of("scaleShift: [3] should have 2 values", new Operation.ScaleShift(ones(2), ones(3)), image),
                of("add: shapes differ: [2] and [3]", new Operation.Add(), vector, Shape.of(3)),
                of("add: needs 2 inputs, not 1", new Operation.Add(), vector),
                of("flatten: needs 1 inputs, not 2", new Operation.Flatten(), vector, vector),
                of(
                        "concat: shapes differ beside the channels: [[2, 3, 5], [2, 3, 4]]",
                        new Operation.Concat(),
                        image,
                        Shape.of(2, 3, 4)),
                of(
                        "concat: shapes differ beside the channels: [[2, 3, 5], [2]]",
                        new Operation.Concat(),
                        image,
                        vector),
                of("globalAverage: needs an image of 3 axes, not [2]", new Operation.GlobalAverage(), vector),
                of("subsample: steps 0x1 must be at least 1", new Operation.Subsample(0, 1), image),
                of("subsample: steps 1x0 must be at least 1", new Operation.Subsample(1, 0), image),
                of("subsample: needs an image of 3 axes, not [2]", new Operation.Subsample(1, 1), vector),
                of("padChannels: -1 and 0 must not be negative", new Operation.PadChannels(-1, 0), image),
                of("padChannels: 0 and -1 must not be negative", new Operation.PadChannels(0, -1), image),
                of("padChannels: needs an image of 3 axes, not [2]", new Operation.PadChannels(0, 1), vector),
                of("softmax: needs an image of 1 axis, not [2, 3, 5]", new Operation.Softmax(false), image));
    }

    @ParameterizedTest
    @MethodSource("misfits")
    void whatDoesNotFitIsRefused(Case c) {
        assertEquals(
                c.reason,
                assertThrows(ShapeException.class, () -> c.operation.output(c.inputs))
                        .getMessage());
    }

    @Test
    void channelsThatNobodyCanCountAreRefused() {
        Shape many = Shape.of(1 << 30, 1, 1);
        assertThrows(ArithmeticException.class, () -> new Operation.Concat().output(List.of(many, many)));
        Shape large = Shape.of(Program.LARGEST_VALUE + 1);
        Step identity = new Step("here", new Operation.Identity(), List.of(0), Nonlinearity.NONE);
        assertThrows(ShapeException.class, () -> new Program(large, List.of(identity)));
        Step before = new Step("here", new Operation.Identity(), List.of(-1), Nonlinearity.NONE);
        assertEquals(
                "program: here: value -1 is not there yet; there are 1",
                assertThrows(ShapeException.class, () -> new Program(Shape.of(2), List.of(before)))
                        .getMessage());
    }

    /** A 1x2 kernel on two channels makes 3·3·4 values of 4 products each; then 5 of 36. */
    @Test
    void aProgramCountsWhatDenseWeightsNeed() {
        List<Integer> inputs = new ArrayList<>(List.of(0));
        Step convolution = new Step(
                "conv", new Operation.Convolution(ONE, ones(3, 2, 1, 2), some(3), some(3)), inputs, Nonlinearity.RELU);
        inputs.add(7);
        Step flatten = new Step("flat", new Operation.Flatten(), List.of(1), Nonlinearity.NONE);
        Step linear = new Step("fc", new Operation.Linear(ones(5, 36), NONE, some(5)), List.of(2), Nonlinearity.NONE);
        Program program = new Program(Shape.of(2, 3, 5), List.of(convolution, flatten, linear));
        assertEquals(36 * 4 + 5 * 36, program.macs());
        assertEquals(Shape.of(5), program.output());
        assertEquals(4 * (12 + 3 + 3) + 4 * (180 + 5), program.bytes());
        assertEquals("conv: convolution of [0], relu", convolution.toString());
        assertEquals("flat: flatten of [1]", flatten.toString());
        Step identity = new Step("here", new Operation.Identity(), List.of(0), Nonlinearity.NONE);
        assertNotEquals(new Program(Shape.of(2), List.of(identity)), new Program(Shape.of(3), List.of(identity)));
    }

    @Test
    void tensorsAreTheSameByShapeFormAndBytes() {
        PackedTensor row = ones(1, 4);
        assertEquals(row, ones(1, 4));
        assertEquals(row.hashCode(), ones(1, 4).hashCode());
        assertNotEquals(row, ones(4));
        PackedTensor one = PackedTensor.of("w", new float[1], Shape.of(1), Form.parse("int8"));
        PackedTensor other = PackedTensor.of("w", new float[1], Shape.of(1), Form.parse("int4"));
        assertArrayEquals(one.payload(), other.payload());
        assertNotEquals(one, other);
        assertEquals(
                1,
                PackedTensor.of("w", new float[] {3}, Shape.scalar(), Form.DENSE)
                        .unpack()
                        .length);
        PackedTensor masked = PackedTensor.of("w", new float[] {1, 0}, Shape.of(2), Form.parse("mask+int8"));
        assertEquals(
                "packed tensor: mask+int8 has no whole number for each element",
                assertThrows(IllegalStateException.class, masked::wholeNumbers).getMessage());
        assertThrows(IllegalStateException.class, row::scales);
    }

    @Test
    void textsAreACopyInOrder() {
        Step identity = new Step("here", new Operation.Identity(), List.of(0), Nonlinearity.NONE);
        Program program = new Program(Shape.of(2), List.of(identity));
        Map<String, String> texts = new HashMap<>(Map.of("b", "2", "a", "1", "c", "3"));
        PackedModel model = new PackedModel(program, texts);
        texts.clear();
        assertEquals("[a, b, c]", model.metadata().keySet().toString());
    }
}
