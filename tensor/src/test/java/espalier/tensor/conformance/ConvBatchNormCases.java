package espalier.tensor.conformance;

import espalier.tensor.ConvBatchNorm;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.opentest4j.AssertionFailedError;

/**
 * A convolution, batch norm, a shortcut and ReLU as one operation, against the plain operations one after the other in
 * double precision. Among the batches are some that fall into chunks of images and some that do not: planes of 144 and
 * 64 elements, one image, a prime number of them.
 */
final class ConvBatchNormCases {
    private static final double EPSILON = 0.1;

    /**
     * Of a unit.
     *
     * @param spec how the kernel walks
     * @param x the input's shape
     * @param w the weight's
     */
    private record Geometry(ConvSpec spec, Shape x, Shape w) {}

    private static final List<Geometry> GEOMETRIES = List.of(
            new Geometry(ConvSpec.of().withPadding(1), Shape.of(6, 5, 12, 12), Shape.of(7, 5, 3, 3)),
            new Geometry(ConvSpec.of().withPadding(1), Shape.of(4, 16, 13, 11), Shape.of(16, 16, 3, 3)),
            new Geometry(ConvSpec.of().withPadding(1), Shape.of(7, 3, 12, 13), Shape.of(4, 3, 3, 3)),
            new Geometry(ConvSpec.of().withStride(2).withPadding(1), Shape.of(4, 4, 24, 25), Shape.of(6, 4, 3, 3)),
            new Geometry(ConvSpec.of().withGroups(4).withPadding(1), Shape.of(4, 4, 15, 16), Shape.of(4, 1, 3, 3)),
            new Geometry(ConvSpec.of(), Shape.of(4, 6, 12, 12), Shape.of(5, 6, 1, 1)),
            new Geometry(ConvSpec.of().withPadding(1), Shape.of(4, 3, 8, 8), Shape.of(5, 3, 3, 3)),
            new Geometry(ConvSpec.of().withPadding(1), Shape.of(1, 3, 12, 12), Shape.of(2, 3, 3, 3)));

    private final Device device;

    private ConvBatchNormCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        ConvBatchNormCases cases = new ConvBatchNormCases(device);
        Set<DType> types = EnumSet.of(DType.F32, DType.F64);
        types.retainAll(limits.types());
        return types.stream()
                .flatMap(type -> Stream.of(
                        new Case("convBatchNorm of " + type, () -> cases.everyEnding(type, false)),
                        new Case("convBatchNormGradient of " + type, () -> cases.everyEnding(type, true))));
    }

    private void everyEnding(DType type, boolean gradient) {
        for (Geometry geometry : GEOMETRIES) {
            for (Arrangement arrangement : List.of(Arrangement.CONTIGUOUS, Arrangement.TRANSPOSED)) {
                for (boolean shortcut : new boolean[] {false, true}) {
                    for (boolean relu : new boolean[] {false, true}) {
                        compare(type, geometry, arrangement, shortcut, relu, gradient);
                    }
                }
            }
        }
    }

    private void compare(
            DType type, Geometry geometry, Arrangement arrangement, boolean shortcut, boolean relu, boolean gradient) {
        Shape made = geometry.spec().outputShape(geometry.x(), geometry.w());
        Shape each = Shape.of(made.dim(1));
        List<Operand> operands = new ArrayList<>();
        for (Shape shape : List.of(geometry.x(), geometry.w(), each, each, made, made)) {
            operands.add(Operand.of(device, type, shape, arrangement, Samples.TAME, 40 + operands.size()));
        }
        List<Tensor> actual = results(geometry.spec(), tensors(operands, false), shortcut, relu, gradient);
        List<Tensor> expected = results(geometry.spec(), tensors(operands, true), shortcut, relu, gradient);
        String what = operands.getFirst().name() + (shortcut ? " with a shortcut" : "") + (relu ? " with ReLU" : "");
        for (int i = 0; i < expected.size(); i++) {
            double[] values = expected.get(i).toDoubles();
            double square = 0;
            for (double value : values) {
                square += value * value / values.length;
            }
            double tolerance = (type == DType.F64 ? 1e-12 : 1e-5) * Math.max(1, Math.sqrt(square));
            Expect.near("result " + i + " of " + what, values, tolerance, actual.get(i));
        }
    }

    private static List<Tensor> tensors(List<Operand> operands, boolean plain) {
        return operands.stream()
                .map(operand -> plain
                        ? Operand.upload(
                                Device.reference(),
                                DType.F64,
                                operand.values(),
                                operand.tensor().shape())
                        : operand.tensor())
                .toList();
    }

    private static List<Tensor> results(
            ConvSpec spec, List<Tensor> in, boolean shortcut, boolean relu, boolean gradient) {
        Optional<Tensor> past = shortcut ? Optional.of(in.get(4)) : Optional.empty();
        var unit = new ConvBatchNorm(spec, in.get(0), in.get(1), in.get(2), in.get(3), past, relu, EPSILON);
        ConvBatchNorm.Made made = unit.forward();
        if (!gradient) {
            return List.of(made.product(), made.output(), made.mean(), made.variance());
        }
        ConvBatchNorm.Gradients to = unit.gradient(made, in.get(5), Optional.empty(), true, true);
        List<Tensor> all = new ArrayList<>(List.of(to.x().orElseThrow(), to.w().orElseThrow(), to.scale(), to.shift()));
        to.shortcut().ifPresent(all::add);
        // Each by itself, that to the input with something added, and neither.
        all.add(unit.gradient(made, in.get(5), Optional.empty(), false, true)
                .w()
                .orElseThrow());
        all.add(unit.gradient(made, in.get(5), Optional.of(in.get(0)), true, false)
                .x()
                .orElseThrow());
        ConvBatchNorm.Gradients neither = unit.gradient(made, in.get(5), Optional.empty(), false, false);
        if (neither.x().isPresent() || neither.w().isPresent()) {
            throw new AssertionFailedError("a gradient that was not asked for");
        }
        all.add(neither.scale());
        return all;
    }
}
