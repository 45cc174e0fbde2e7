package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Normalization against its definition, and its gradients against differences of the definition. Tolerance for F32:
 * 1e-5 of 1 + |value|, for F64 1e-8 (the differences' own error); with few elements in a channel, and so perhaps a
 * small variance, 1/√(σ² + ε) magnifies, hence ε = 0.1 in the gradients.
 */
final class NormalizationCases {
    private static final double EPSILON = 0.1;

    private static final List<Shape> SHAPES = List.of(
            Shape.of(5, 3),
            Shape.of(1, 4, 9),
            Shape.of(3, 2, 17),
            Shape.of(2, 1, 1, 1),
            Shape.of(2, 3, 4, 4),
            Shape.of(2, 17, 1, 3),
            Shape.of(3, 2, 5, 7));

    private static final List<Shape> ROWS = List.of(
            Shape.of(1, 1),
            Shape.of(3, 2),
            Shape.of(2, 7),
            Shape.of(3, 8),
            Shape.of(2, 9),
            Shape.of(1, 16),
            Shape.of(4, 17),
            Shape.of(3, 35));

    private final Device device;

    private NormalizationCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        NormalizationCases cases = new NormalizationCases(device);
        Set<DType> types = EnumSet.of(DType.F32, DType.F64);
        types.retainAll(limits.types());
        return types.stream()
                .flatMap(type -> Stream.of(
                        new Case("addRelu of " + type, () -> cases.addRelu(type)),
                        new Case("scaleShift of " + type, () -> cases.scaleShift(type)),
                        new Case("batchNorm of " + type, () -> cases.batchNorm(type)),
                        new Case("batchNorm of a large mean of " + type, () -> cases.largeMean(type)),
                        new Case("batchNorm with infinities and NaN of " + type, () -> cases.hard(type)),
                        new Case("batchNormGradient of " + type, () -> cases.batchNormGradient(type)),
                        new Case("batchNormRelu of " + type, () -> cases.batchNormRelu(type)),
                        new Case("standardize of " + type, () -> cases.standardize(type)),
                        new Case("standardizeGradient of " + type, () -> cases.standardizeGradient(type))));
    }

    private static double tolerance(DType type) {
        return type == DType.F64 ? 1e-8 : 1e-5;
    }

    /** The channel of element i of {@code [N, C, ..]}. */
    private static int channel(Shape shape, int i) {
        return i / Places.stride(shape, 1) % shape.dim(1);
    }

    /** One rounding, as of a sum; NaN stays, and an operand may be overwritten. */
    private void addRelu(DType type) {
        long seed = 1;
        for (Shape shape :
                List.of(Shape.of(2, 3, 5, 7), Shape.of(1, 1), Shape.of(0, 4), Shape.of(3, 33), Shape.of(40_001))) {
            for (Arrangement arrangement : List.of(
                    Arrangement.CONTIGUOUS, Arrangement.OFFSET, Arrangement.TRANSPOSED, Arrangement.BROADCAST_FIRST)) {
                Operand a = Operand.of(device, type, shape, arrangement, Samples.HARD, seed++);
                Operand b = Operand.of(device, type, shape, arrangement, Samples.MODERATE, seed++);
                double[] expected = new double[shape.size()];
                for (int i = 0; i < expected.length; i++) {
                    double sum = type == DType.F32
                            ? (float) a.values()[i] + (float) b.values()[i]
                            : a.values()[i] + b.values()[i];
                    expected[i] = Math.max(sum, 0);
                }
                String what = "addRelu of " + a.name() + " and " + b.name();
                Target out = Target.of(device, type, shape);
                device.backend().addRelu(a.tensor(), b.tensor(), out.view());
                Expect.same(what, expected, out.written(what));
                Target place = Target.of(device, type, shape);
                place.view().copyInPlace(a.tensor());
                device.backend().addRelu(place.view(), b.tensor(), place.view());
                Expect.same(what + " in place", expected, place.written(what));
            }
        }
    }

    private void scaleShift(DType type) {
        long seed = 1;
        for (Shape shape : SHAPES) {
            for (Arrangement arrangement : Arrangement.values()) {
                Operand x = Operand.of(device, type, shape, arrangement, Samples.MODERATE, seed++);
                Operand scale = Operand.of(device, type, Shape.of(shape.dim(1)), arrangement, Samples.TAME, seed++);
                Operand shift = Operand.of(device, type, Shape.of(shape.dim(1)), arrangement, Samples.TAME, seed++);
                for (boolean relu : new boolean[] {false, true}) {
                    double[] expected = new double[shape.size()];
                    double[] bounds = new double[shape.size()];
                    for (int i = 0; i < expected.length; i++) {
                        double product = x.values()[i] * scale.values()[channel(shape, i)];
                        double y = product + shift.values()[channel(shape, i)];
                        expected[i] = relu ? Math.max(y, 0) : y;
                        bounds[i] = Double.isNaN(y) ? 0 : 2 * Expect.unitRoundoff(type) * (Math.abs(product) + 1);
                    }
                    String what = "scaleShift of " + x.name() + (relu ? " with relu" : "");
                    Target out = Target.of(device, type, shape);
                    device.backend().scaleShift(x.tensor(), scale.tensor(), shift.tensor(), relu, out.view());
                    Expect.bounded(what, expected, bounds, out.written(what));
                }
            }
        }
    }

    /** Mean and biased variance of each group of elements. */
    private record Moments(double[] mean, double[] variance) {
        static Moments of(double[] x, int[] group, int groups) {
            double[] mean = new double[groups];
            double[] variance = new double[groups];
            double[] count = new double[groups];
            for (int i = 0; i < x.length; i++) {
                mean[group[i]] += x[i];
                count[group[i]]++;
            }
            Arrays.setAll(mean, k -> mean[k] / count[k]);
            for (int i = 0; i < x.length; i++) {
                variance[group[i]] += (x[i] - mean[group[i]]) * (x[i] - mean[group[i]]) / count[group[i]];
            }
            return new Moments(mean, variance);
        }
    }

    /** {@code (x − mean)/√(variance + ε)·scale + shift} with the moments of each group. */
    private static double[] normalized(
            double[] x, int[] group, int groups, double epsilon, double[] scale, double[] shift) {
        Moments moments = Moments.of(x, group, groups);
        double[] y = new double[x.length];
        for (int i = 0; i < y.length; i++) {
            int k = group[i];
            y[i] = (x[i] - moments.mean[k]) / Math.sqrt(moments.variance[k] + epsilon) * scale[k] + shift[k];
        }
        return y;
    }

    private static int[] channels(Shape shape) {
        int[] channels = new int[shape.size()];
        Arrays.setAll(channels, i -> channel(shape, i));
        return channels;
    }

    private void batchNorm(DType type) {
        long seed = 1;
        for (Shape shape : SHAPES) {
            for (Arrangement arrangement : Arrangement.values()) {
                Operand x = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                batchNorm(x, EPSILON, tolerance(type), arrangement);
            }
        }
    }

    private void batchNorm(Operand x, double epsilon, double tolerance, Arrangement arrangement) {
        int channels = x.shape().dim(1);
        Shape each = Shape.of(channels);
        Operand scale = Operand.of(device, x.dtype(), each, arrangement, Samples.TAME, 11);
        Operand shift = Operand.of(device, x.dtype(), each, arrangement, Samples.TAME, 12);
        String what = "batchNorm of " + x.name();
        Target out = Target.of(device, x.dtype(), x.shape());
        Target mean = Target.of(device, x.dtype(), each);
        Target variance = Target.of(device, x.dtype(), each);
        device.backend()
                .batchNorm(
                        x.tensor(), scale.tensor(), shift.tensor(), epsilon, out.view(), mean.view(), variance.view());
        Moments moments = Moments.of(x.values(), channels(x.shape()), channels);
        Expect.near(what + ", mean", moments.mean, tolerance, mean.written(what));
        Expect.near(what + ", variance", moments.variance, tolerance, variance.written(what));
        double[] expected =
                normalized(x.values(), channels(x.shape()), channels, epsilon, scale.values(), shift.values());
        Expect.near(what, expected, tolerance, out.written(what));
    }

    /** Mean 4096 and variance about 4: E[x²] − E[x]² in float would lose all digits of the variance. */
    private void largeMean(DType type) {
        double[] values = Samples.TAME.values(type, 3 * 2 * 35, 5);
        for (int i = 0; i < values.length; i++) {
            values[i] = Samples.held(type, 4096 + values[i]);
        }
        Operand x = Operand.exactly(device, type, values, 3, 2, 35);
        batchNorm(x, 1e-5, type == DType.F64 ? 1e-8 : 1e-3, Arrangement.CONTIGUOUS);
    }

    /** A channel, or a row, with one such number has no moments; the others are as if it were not there. */
    private void hard(DType type) {
        for (double special : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0}) {
            long seed = 1;
            for (Shape shape : SHAPES) {
                double[] values = Samples.TAME.values(type, shape.size(), seed);
                values[(int) (seed * 7919 % values.length)] = special;
                seed++;
                Operand x = Operand.exactly(device, type, values, shape.toArray());
                batchNorm(x, EPSILON, tolerance(type), Arrangement.CONTIGUOUS);
                if (shape.rank() == 2) {
                    standardize(x);
                }
            }
        }
    }

    private void batchNormGradient(DType type) {
        long seed = 1;
        for (Shape shape : SHAPES) {
            for (Arrangement arrangement : Arrangement.values()) {
                int channels = shape.dim(1);
                Shape each = Shape.of(channels);
                Operand x = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                Operand g = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                Operand scale = Operand.of(device, type, each, arrangement, Samples.TAME, seed++);
                double[] shift = new double[channels];
                int[] group = channels(shape);
                Moments moments = Moments.of(x.values(), group, channels);
                Tensor mean = Operand.upload(device, type, moments.mean, each);
                Tensor variance = Operand.upload(device, type, moments.variance, each);
                Target dx = Target.of(device, type, shape);
                Target dscale = Target.of(device, type, each);
                Target dshift = Target.of(device, type, each);
                device.backend()
                        .batchNormGradient(
                                x.tensor(),
                                g.tensor(),
                                scale.tensor(),
                                mean,
                                variance,
                                EPSILON,
                                dx.view(),
                                dscale.view(),
                                dshift.view());
                String what = "batchNormGradient of " + x.name();
                double tolerance = 4 * tolerance(type);
                Expect.near(
                        what + " to input",
                        Derivative.of(
                                v -> normalized(v, group, channels, EPSILON, scale.values(), shift),
                                x.values(),
                                g.values()),
                        tolerance,
                        dx.written(what));
                Expect.near(
                        what + " to scale",
                        Derivative.of(
                                v -> normalized(x.values(), group, channels, EPSILON, v, shift),
                                scale.values(),
                                g.values()),
                        tolerance,
                        dscale.written(what));
                Expect.near(
                        what + " to shift",
                        Derivative.of(
                                v -> normalized(x.values(), group, channels, EPSILON, scale.values(), v),
                                shift,
                                g.values()),
                        tolerance,
                        dshift.written(what));
            }
        }
    }

    /** To the bit what batch norm and ReLU are one after the other, on the way forward and back. */
    private void batchNormRelu(DType type) {
        var backend = device.backend();
        long seed = 1;
        for (Shape shape : SHAPES) {
            for (Arrangement arrangement : Arrangement.values()) {
                Shape each = Shape.of(shape.dim(1));
                Operand x = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                Operand g = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                Tensor scale = Operand.of(device, type, each, arrangement, Samples.TAME, seed++)
                        .tensor();
                Tensor shift = Operand.of(device, type, each, arrangement, Samples.TAME, seed++)
                        .tensor();
                List<Target> once = targets(type, shape, each);
                Tensor mean = once.get(1).view();
                Tensor variance = once.get(2).view();
                backend.batchNormRelu(
                        x.tensor(), scale, shift, EPSILON, once.get(0).view(), mean, variance);
                List<Target> twice = targets(type, shape, each);
                Tensor y = twice.get(0).view();
                backend.batchNorm(
                        x.tensor(),
                        scale,
                        shift,
                        EPSILON,
                        y,
                        twice.get(1).view(),
                        twice.get(2).view());
                backend.unary(UnaryOp.RELU, y, y);
                same("batchNormRelu of " + x.name(), twice, once);
                List<Target> back = targets(type, shape, each);
                backend.batchNormReluGradient(
                        x.tensor(),
                        y,
                        g.tensor(),
                        scale,
                        shift,
                        mean,
                        variance,
                        EPSILON,
                        back.get(0).view(),
                        back.get(1).view(),
                        back.get(2).view());
                List<Target> expected = targets(type, shape, each);
                backend.batchNormGradient(
                        x.tensor(),
                        g.tensor().gradient(BinaryOp.RELU_GRADIENT, y),
                        scale,
                        mean,
                        variance,
                        EPSILON,
                        expected.get(0).view(),
                        expected.get(1).view(),
                        expected.get(2).view());
                same("batchNormReluGradient of " + x.name(), expected, back);
            }
        }
    }

    /** Room for a tensor of a shape and two numbers a channel. */
    private List<Target> targets(DType type, Shape shape, Shape each) {
        return List.of(Target.of(device, type, shape), Target.of(device, type, each), Target.of(device, type, each));
    }

    private static void same(String what, List<Target> expected, List<Target> actual) {
        for (int i = 0; i < expected.size(); i++) {
            Expect.same(
                    what + ", " + i,
                    expected.get(i).view().toDoubles(),
                    actual.get(i).written(what));
        }
    }

    private static int[] rows(Shape shape) {
        int[] rows = new int[shape.size()];
        Arrays.setAll(rows, i -> i / shape.dim(1));
        return rows;
    }

    private static double[] ones(int n) {
        double[] ones = new double[n];
        Arrays.fill(ones, 1);
        return ones;
    }

    private void standardize(DType type) {
        long seed = 1;
        for (Shape shape : ROWS) {
            for (Arrangement arrangement : Arrangement.values()) {
                standardize(Operand.of(device, type, shape, arrangement, Samples.TAME, seed++));
            }
        }
    }

    private void standardize(Operand x) {
        int rows = x.shape().dim(0);
        String what = "standardize of " + x.name();
        Target out = Target.of(device, x.dtype(), x.shape());
        Target mean = Target.of(device, x.dtype(), Shape.of(rows));
        Target variance = Target.of(device, x.dtype(), Shape.of(rows));
        device.backend().standardize(x.tensor(), EPSILON, out.view(), mean.view(), variance.view());
        int[] group = rows(x.shape());
        double tolerance = tolerance(x.dtype());
        Moments moments = Moments.of(x.values(), group, rows);
        Expect.near(what + ", mean", moments.mean, tolerance, mean.written(what));
        Expect.near(what + ", variance", moments.variance, tolerance, variance.written(what));
        double[] expected = normalized(x.values(), group, rows, EPSILON, ones(rows), new double[rows]);
        Expect.near(what, expected, tolerance, out.written(what));
    }

    private void standardizeGradient(DType type) {
        long seed = 1;
        for (Shape shape : ROWS) {
            for (Arrangement arrangement : Arrangement.values()) {
                int rows = shape.dim(0);
                int[] group = rows(shape);
                double[] x = Samples.TAME.values(type, shape.size(), seed++);
                double[] y = normalized(x, group, rows, EPSILON, ones(rows), new double[rows]);
                Operand output = Operand.exactly(device, type, y, shape.toArray());
                Operand g = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                double[] variances = Moments.of(x, group, rows).variance;
                Tensor variance = Operand.upload(device, type, variances, Shape.of(rows));
                String what = "standardizeGradient of " + g.name();
                Target dx = Target.of(device, type, shape);
                device.backend().standardizeGradient(output.tensor(), g.tensor(), variance, EPSILON, dx.view());
                double[] expected = Derivative.of(
                        v -> normalized(v, group, rows, EPSILON, ones(rows), new double[rows]), x, g.values());
                Expect.near(what, expected, 4 * tolerance(type), dx.written(what));
            }
        }
    }
}
