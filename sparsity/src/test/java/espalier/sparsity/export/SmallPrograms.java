package espalier.sparsity.export;

import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** Programs for tests. */
public final class SmallPrograms {
    private SmallPrograms() {}

    /** One step of every operation, on images [2, 6, 6]; its weights in many forms. */
    public static PackedModel everything() {
        Random random = new Random(7);
        PackedTensor conv = packed(random, 0.5, Shape.of(4, 2, 3, 3), "gaps+codebook");
        PackedTensor bias = packed(random, 1, Shape.of(4), "f32");
        PackedTensor fc = packed(random, 0.2, Shape.of(5, 24), "runs+int4");
        ConvSpec same = ConvSpec.of().withPadding(1);
        List<Step> steps = List.of(
                step(
                        new Operation.Convolution(same, conv, Optional.of(bias), Optional.of(bias)),
                        Nonlinearity.RELU,
                        0), // 1: [4, 6, 6]
                step(new Operation.MaxPool(PoolSpec.of(2, 2)), Nonlinearity.NONE, 1), // 2: [4, 3, 3]
                step(new Operation.AveragePool(PoolSpec.of(2, 2)), Nonlinearity.TANH, 1), // 3: [4, 3, 3]
                step(new Operation.Add(), Nonlinearity.LEAKY_RELU, 2, 3), // 4: [4, 3, 3]
                step(new Operation.Subsample(2, 2), Nonlinearity.NONE, 0), // 5: [2, 3, 3]
                step(new Operation.PadChannels(1, 1), Nonlinearity.NONE, 5), // 6: [4, 3, 3]
                step(
                        new Operation.ScaleShift(
                                packed(random, 1, Shape.of(4), "f32"), packed(random, 1, Shape.of(4), "int8")),
                        Nonlinearity.SILU,
                        6), // 7
                step(new Operation.Concat(), Nonlinearity.NONE, 4, 7), // 8: [8, 3, 3]
                step(new Operation.Identity(), Nonlinearity.SOFTPLUS, 8), // 9
                step(new Operation.GlobalAverage(), Nonlinearity.SIGMOID, 9), // 10: [8]
                step(
                        new Operation.Linear(
                                packed(random, 1, Shape.of(24, 8), "int8"), Optional.empty(), Optional.empty()),
                        Nonlinearity.GELU,
                        10), // 11: [24]
                step(new Operation.Flatten(), Nonlinearity.NONE, 11), // 12: [24]
                step(
                        new Operation.Linear(fc, Optional.empty(), Optional.of(packed(random, 1, Shape.of(5), "f16"))),
                        Nonlinearity.NONE,
                        12), // 13: [5]
                step(new Operation.Softmax(false), Nonlinearity.NONE, 13)); // 14
        return new PackedModel(
                new Program(Shape.of(2, 6, 6), steps), Map.of(PackedModel.LABELS, "a\nb\nc\nd\ne", "author", "größer"));
    }

    private static Step step(Operation operation, Nonlinearity nonlinearity, Integer... inputs) {
        return new Step(operation.name(), operation, List.of(inputs), nonlinearity);
    }

    static PackedTensor packed(Random random, double density, Shape shape, String form) {
        return PackedTensor.of("w", PackedTensorTest.levels(random, shape.size(), density, 7), shape, Form.parse(form));
    }
}
