package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Convolution and its gradients: the three are the same products {@code w·x·g} over all pairs of an output and a tap,
 * summed over different indices. One loop over the pairs is the oracle of all three.
 */
final class ConvolutionCases {
    /**
     * A convolution.
     *
     * @param input {@code [N, C, H, W]}
     * @param weight {@code [O, C/g, kH, kW]}
     */
    record Row(Shape input, Shape weight, ConvSpec spec) {
        /** Whether rows can be combined, by Winograd's F(2, 3). */
        boolean threeRowsHigh() {
            return weight.dim(2) == 3 && spec.strideH() == 1 && spec.strideW() == 1 && spec.dilationH() == 1;
        }

        static Row of(int n, int c, int h, int w, int o, int kh, int kw, ConvSpec spec) {
            return new Row(Shape.of(n, c, h, w), Shape.of(o, c / spec.groups(), kh, kw), spec);
        }

        Shape output() {
            return spec.outputShape(input, weight);
        }
    }

    private static final ConvSpec PLAIN = ConvSpec.of();
    private static final ConvSpec SAME = ConvSpec.of().withPadding(1);

    static final List<Row> ROWS = List.of(
            Row.of(0, 2, 5, 5, 3, 3, 3, SAME), // no image
            Row.of(1, 1, 1, 1, 1, 1, 1, PLAIN),
            Row.of(2, 1, 3, 3, 1, 3, 3, PLAIN), // one window
            Row.of(2, 3, 8, 8, 4, 3, 3, PLAIN),
            Row.of(2, 3, 7, 9, 5, 3, 3, SAME),
            Row.of(1, 2, 6, 17, 3, 3, 3, SAME), // one beside two vectors
            Row.of(1, 2, 4, 35, 2, 3, 3, SAME),
            Row.of(1, 17, 5, 6, 19, 3, 3, SAME), // channels beside a vector
            Row.of(2, 33, 3, 3, 16, 3, 3, SAME),
            Row.of(3, 5, 4, 4, 7, 1, 1, PLAIN), // no window: a product of matrices
            Row.of(2, 4, 7, 7, 6, 1, 1, PLAIN.withStride(2)),
            Row.of(1, 3, 6, 6, 2, 1, 1, SAME), // padding around a 1x1 kernel
            Row.of(2, 3, 9, 8, 4, 3, 3, SAME.withStride(2)),
            Row.of(1, 2, 11, 10, 3, 5, 5, PLAIN.withStride(3).withPadding(2)),
            Row.of(1, 2, 9, 9, 3, 3, 3, PLAIN.withDilation(2)),
            Row.of(1, 2, 9, 10, 3, 3, 3, PLAIN.withDilation(2).withPadding(2).withStride(2)),
            Row.of(2, 6, 5, 5, 4, 3, 3, SAME.withGroups(2)),
            Row.of(1, 6, 7, 6, 6, 3, 3, SAME.withGroups(6)), // depthwise
            Row.of(2, 4, 8, 9, 8, 3, 3, SAME.withGroups(4).withStride(2)), // depthwise, two outputs a channel
            Row.of(1, 3, 1, 20, 4, 1, 5, new ConvSpec(1, 1, 0, 2, 1, 1, 1)), // one-dimensional
            Row.of(1, 2, 10, 7, 3, 5, 2, new ConvSpec(2, 1, 1, 0, 1, 3, 1)), // nothing square
            Row.of(1, 2, 4, 4, 3, 4, 4, PLAIN.withPadding(3)), // more padding than image
            Row.of(1, 2, 2, 3, 2, 3, 3, PLAIN.withPadding(4)), // windows wholly on the padding
            Row.of(1, 1, 12, 12, 2, 7, 7, PLAIN.withPadding(3).withStride(2)),
            Row.of(1, 2, 8, 8, 3, 2, 2, PLAIN.withStride(3))); // pixels that no window sees

    private final Device device;
    private final Limits limits;

    private ConvolutionCases(Device device, Limits limits) {
        this.limits = limits;
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        ConvolutionCases cases = new ConvolutionCases(device, limits);
        Set<DType> types = EnumSet.of(DType.F32, DType.F64);
        types.retainAll(limits.types());
        return types.stream()
                .flatMap(type -> Stream.of(
                        new Case("conv2d of " + type, () -> cases.each(row -> cases.forward(row, type))),
                        new Case("conv2dInputGradient of " + type, () -> cases.each(row -> cases.inputs(row, type))),
                        new Case("conv2dWeightGradient of " + type, () -> cases.each(row -> cases.weights(row, type))),
                        new Case(
                                "convolutions with infinities, NaN and -0.0 of " + type,
                                () -> cases.each(row -> cases.hard(row, type)))));
    }

    private void each(Consumer<Row> test) {
        ROWS.forEach(test);
    }

    /** A pair of an output {@code y} and the elements of input and weight that a tap of it multiplies. */
    interface Pair {
        void at(int y, int x, int w);
    }

    static void pairs(Row row, Pair pair) {
        int[] x = row.input.toArray();
        int[] w = row.weight.toArray();
        int[] y = row.output().toArray();
        ConvSpec spec = row.spec;
        for (int i = 0; i < row.output().size(); i++) {
            int column = i % y[3] * spec.strideW() - spec.padW();
            int line = i / y[3] % y[2] * spec.strideH() - spec.padH();
            int o = i / (y[3] * y[2]) % y[1];
            int n = i / (y[3] * y[2] * y[1]);
            for (int tap = 0; tap < w[1] * w[2] * w[3]; tap++) {
                int down = line + tap / w[3] % w[2] * spec.dilationH();
                int right = column + tap % w[3] * spec.dilationW();
                int c = o / (w[0] / spec.groups()) * w[1] + tap / (w[2] * w[3]);
                if (down >= 0 && down < x[2] && right >= 0 && right < x[3]) {
                    pair.at(i, ((n * x[1] + c) * x[2] + down) * x[3] + right, o * w[1] * w[2] * w[3] + tap);
                }
            }
        }
    }

    private void forward(Row row, DType type) {
        long seed = 1;
        for (Arrangement arrangement : Arrangement.values()) {
            Operand x = Operand.of(device, type, row.input, arrangement, Samples.TAME, seed++);
            Operand w = Operand.of(device, type, row.weight, arrangement, Samples.TAME, seed++);
            Operand bias = Operand.of(device, type, Shape.of(row.weight.dim(0)), arrangement, Samples.TAME, seed++);
            forward(row, x, w, Optional.empty());
            forward(row, x, w, Optional.of(bias));
        }
    }

    private void forward(Row row, Operand x, Operand w, Optional<Operand> bias) {
        Sums sums = new Sums(row.output(), x.dtype());
        int plane = row.output().dim(2) * row.output().dim(3);
        for (int i = 0; bias.isPresent() && i < sums.values.length; i++) {
            sums.add(i, bias.get().values()[i / plane % row.weight.dim(0)], 1);
        }
        pairs(row, (y, xAt, wAt) -> sums.add(y, x.values()[xAt], w.values()[wAt]));
        String what =
                "conv2d of " + x.name() + " and " + w.name() + (bias.isPresent() ? " with bias " : " ") + row.spec;
        Target out = Target.of(device, x.dtype(), row.output());
        device.backend().conv2d(row.spec, x.tensor(), w.tensor(), bias.map(Operand::tensor), out.view());
        check(sums, what, row, out);
    }

    private void inputs(Row row, DType type) {
        long seed = 1;
        for (Arrangement arrangement : Arrangement.values()) {
            Operand g = Operand.of(device, type, row.output(), arrangement, Samples.TAME, seed++);
            Operand w = Operand.of(device, type, row.weight, arrangement, Samples.TAME, seed++);
            inputs(row, g, w);
        }
    }

    private void inputs(Row row, Operand g, Operand w) {
        Sums sums = new Sums(row.input, g.dtype());
        pairs(row, (y, xAt, wAt) -> sums.add(xAt, g.values()[y], w.values()[wAt]));
        String what = "conv2dInputGradient of " + g.name() + " and " + w.name() + " " + row.spec;
        Target out = Target.of(device, g.dtype(), row.input);
        device.backend().conv2dInputGradient(row.spec, g.tensor(), w.tensor(), out.view());
        check(sums, what, row, out);
    }

    private void weights(Row row, DType type) {
        long seed = 1;
        for (Arrangement arrangement : Arrangement.values()) {
            Operand x = Operand.of(device, type, row.input, arrangement, Samples.TAME, seed++);
            Operand g = Operand.of(device, type, row.output(), arrangement, Samples.TAME, seed++);
            weights(row, x, g);
        }
    }

    private void check(Sums sums, String what, Row row, Target out) {
        boolean combined = limits.combinesRows() && row.threeRowsHigh();
        sums.check(what, combined ? 4 : 1, combined, out);
    }

    private void weights(Row row, Operand x, Operand g) {
        Sums sums = new Sums(row.weight, x.dtype());
        pairs(row, (y, xAt, wAt) -> sums.add(wAt, x.values()[xAt], g.values()[y]));
        String what = "conv2dWeightGradient of " + x.name() + " and " + g.name() + " " + row.spec;
        Target out = Target.of(device, x.dtype(), row.weight);
        device.backend().conv2dWeightGradient(row.spec, x.tensor(), g.tensor(), out.view());
        check(sums, what, row, out);
    }

    /**
     * A pixel that is no number spoils the sums it is in and no others, an infinite one makes them infinite or, where a
     * back end combines rows before it multiplies, no number. Weights are finite here: a back end may multiply them by
     * the zeros of the padding, and 0·∞ is not a number.
     */
    private void hard(Row row, DType type) {
        for (double special : new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.0}) {
            for (long seed = 1; seed <= 3; seed++) {
                Operand x = withOne(special, row.input, type, seed);
                Operand w = Operand.of(device, type, row.weight, Arrangement.CONTIGUOUS, Samples.TAME, seed + 10);
                forward(row, x, w, Optional.empty());
                inputs(row, withOne(special, row.output(), type, seed + 20), w);
            }
        }
    }

    /** Tame numbers, of which one is replaced. */
    private Operand withOne(double special, Shape shape, DType type, long seed) {
        double[] values = Samples.TAME.values(type, shape.size(), seed);
        if (values.length > 0) {
            values[new Random(seed).nextInt(values.length)] = special;
        }
        return Operand.exactly(device, type, values, shape.toArray());
    }

    /** Sums of products, each with the bound n·u·Σ|a·b| on the rounding error of any way to sum it. */
    static final class Sums {
        final double[] values;
        private final double[] sizes;
        private final int[] terms;
        private final DType type;

        Sums(Shape shape, DType type) {
            this.values = new double[shape.size()];
            this.sizes = new double[shape.size()];
            this.terms = new int[shape.size()];
            this.type = type;
        }

        void add(int at, double a, double b) {
            values[at] += a * b;
            sizes[at] += Math.abs(a * b);
            terms[at]++;
        }

        void check(String what, Target out) {
            check(what, 1, false, out);
        }

        /**
         * @param slack how many times the bound is allowed
         * @param infinitiesMayBecomeNaN whether an infinite sum may also be no number
         */
        void check(String what, int slack, boolean infinitiesMayBecomeNaN, Target out) {
            double[] bounds = new double[values.length];
            double unit = slack * Expect.unitRoundoff(type);
            Arrays.setAll(bounds, i -> Double.isFinite(sizes[i]) ? terms[i] * unit * sizes[i] : 0);
            Tensor result = out.written(what);
            double[] actual = result.toDoubles();
            double[] expected = new double[values.length];
            Arrays.setAll(expected, i -> {
                boolean lost = infinitiesMayBecomeNaN && Double.isInfinite(values[i]) && Double.isNaN(actual[i]);
                return lost ? Double.NaN : values[i];
            });
            Expect.bounded(what, expected, bounds, result);
        }
    }
}
