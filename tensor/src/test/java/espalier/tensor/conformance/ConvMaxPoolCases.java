package espalier.tensor.conformance;

import espalier.tensor.ConvMaxPool;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.opentest4j.AssertionFailedError;

/**
 * A convolution, max pooling and ReLU as one operation, against the plain operations one after the other in double
 * precision. Among the batches are some that fall into chunks of images and some that do not, planes that windows of
 * 2×2 leave a row and a column of, and other windows.
 */
final class ConvMaxPoolCases {
    /**
     * Of a unit.
     *
     * @param spec how the kernel walks
     * @param pool how the window walks
     * @param x the input's shape
     * @param w the weight's
     */
    private record Geometry(ConvSpec spec, PoolSpec pool, Shape x, Shape w) {}

    private static final PoolSpec PAIRS = PoolSpec.of(2, 2);
    private static final ConvSpec SAME = ConvSpec.of().withPadding(1);

    private static final List<Geometry> GEOMETRIES = List.of(
            new Geometry(ConvSpec.of(), PAIRS, Shape.of(4, 1, 28, 28), Shape.of(20, 1, 5, 5)),
            new Geometry(SAME, PAIRS, Shape.of(6, 5, 12, 12), Shape.of(7, 5, 3, 3)),
            new Geometry(SAME, PAIRS, Shape.of(4, 16, 13, 11), Shape.of(16, 16, 3, 3)),
            new Geometry(SAME.withStride(2), PAIRS, Shape.of(4, 4, 24, 25), Shape.of(6, 4, 3, 3)),
            new Geometry(SAME.withGroups(4), PAIRS, Shape.of(4, 4, 15, 16), Shape.of(4, 1, 3, 3)),
            new Geometry(SAME, PoolSpec.of(3, 2).withPadding(1), Shape.of(4, 3, 12, 13), Shape.of(5, 3, 3, 3)),
            new Geometry(SAME, PAIRS, Shape.of(4, 3, 8, 8), Shape.of(5, 3, 3, 3)),
            new Geometry(SAME, PAIRS, Shape.of(1, 3, 12, 12), Shape.of(2, 3, 3, 3)));

    private final Device device;

    private ConvMaxPoolCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        ConvMaxPoolCases cases = new ConvMaxPoolCases(device);
        Set<DType> types = EnumSet.of(DType.F32, DType.F64);
        types.retainAll(limits.types());
        return types.stream()
                .flatMap(type -> Stream.of(
                        new Case("convMaxPool of " + type, () -> cases.all(type, false)),
                        new Case("convMaxPoolGradient of " + type, () -> cases.all(type, true))));
    }

    private void all(DType type, boolean gradient) {
        for (Geometry geometry : GEOMETRIES) {
            for (Arrangement arrangement : List.of(Arrangement.CONTIGUOUS, Arrangement.TRANSPOSED)) {
                for (boolean biased : new boolean[] {false, true}) {
                    for (boolean relu : new boolean[] {false, true}) {
                        compare(type, geometry, arrangement, biased, relu, gradient);
                    }
                }
            }
        }
    }

    private void compare(
            DType type, Geometry geometry, Arrangement arrangement, boolean biased, boolean relu, boolean gradient) {
        Shape product = geometry.spec().outputShape(geometry.x(), geometry.w());
        Shape made = geometry.pool().outputShape(product);
        List<Operand> operands = new ArrayList<>();
        for (Shape shape : List.of(geometry.x(), geometry.w(), Shape.of(made.dim(1)), made)) {
            operands.add(Operand.of(device, type, shape, arrangement, Samples.TAME, 60 + operands.size()));
        }
        List<Tensor> actual = results(geometry, tensors(operands, false), biased, relu, gradient);
        List<Tensor> expected = results(geometry, tensors(operands, true), biased, relu, gradient);
        String what = operands.getFirst().name() + (biased ? " with a bias" : "") + (relu ? " with ReLU" : "");
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
            Geometry geometry, List<Tensor> in, boolean biased, boolean relu, boolean gradient) {
        Optional<Tensor> bias = biased ? Optional.of(in.get(2)) : Optional.empty();
        var unit = new ConvMaxPool(geometry.spec(), geometry.pool(), in.get(0), in.get(1), bias, relu);
        ConvMaxPool.Made made = unit.forward();
        if (!gradient) {
            return List.of(made.output(), made.places());
        }
        ConvMaxPool.Gradients to = unit.gradient(made, in.get(3), true, true);
        List<Tensor> all = new ArrayList<>(List.of(to.x().orElseThrow(), to.w().orElseThrow()));
        to.bias().ifPresent(all::add);
        // Each by itself, and neither.
        all.add(unit.gradient(made, in.get(3), false, true).w().orElseThrow());
        all.add(unit.gradient(made, in.get(3), true, false).x().orElseThrow());
        ConvMaxPool.Gradients neither = unit.gradient(made, in.get(3), false, false);
        if (neither.x().isPresent() || neither.w().isPresent() || neither.bias().isPresent() != biased) {
            throw new AssertionFailedError("a gradient that was not asked for, or none that was");
        }
        return all;
    }
}
