package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.spi.ReduceOp;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Reductions, positions of extremes and running sums against loops over one element of the result at a time. */
final class ReductionCases {
    private final Device device;
    private final Limits limits;

    private ReductionCases(Device device, Limits limits) {
        this.device = device;
        this.limits = limits;
    }

    static Stream<Case> of(Device device, Limits limits) {
        ReductionCases cases = new ReductionCases(device, limits);
        Stream<Case> reductions = Arrays.stream(ReduceOp.values())
                .flatMap(op -> cases.types(op).stream()
                        .map(type -> new Case(op + " over " + type, () -> cases.reduce(op, type))));
        Set<DType> ordered = EnumSet.complementOf(EnumSet.of(DType.F16, DType.BOOL));
        ordered.retainAll(limits.types());
        Stream<Case> extremes = ordered.stream()
                .flatMap(type -> Stream.of(
                        new Case("argmax over " + type, () -> cases.argReduce(true, type)),
                        new Case("argmin over " + type, () -> cases.argReduce(false, type))));
        Set<DType> summed = EnumSet.of(DType.F32, DType.F64, DType.I32, DType.I64);
        summed.retainAll(limits.types());
        Stream<Case> sums = summed.stream().map(type -> new Case("cumsum of " + type, () -> cases.cumsum(type)));
        return Stream.of(reductions, extremes, sums).flatMap(rows -> rows);
    }

    private Set<DType> types(ReduceOp op) {
        Set<DType> types = EnumSet.copyOf(
                switch (op) {
                    case SUM -> EnumSet.complementOf(EnumSet.of(DType.F16));
                    case SUM_OF_SQUARES, PROD -> EnumSet.of(DType.F32, DType.F64);
                    case MIN, MAX -> EnumSet.of(DType.F32, DType.F64, DType.I32, DType.I64, DType.I8, DType.U8);
                    case ANY, ALL, COUNT_NONZERO -> EnumSet.complementOf(EnumSet.of(DType.F16));
                });
        types.retainAll(limits.types());
        return types;
    }

    private static DType resultType(ReduceOp op, DType type) {
        return switch (op) {
            case SUM -> type.bytes() == 1 ? DType.I32 : type;
            case SUM_OF_SQUARES, PROD, MIN, MAX -> type;
            case ANY, ALL -> DType.BOOL;
            case COUNT_NONZERO -> DType.I32;
        };
    }

    private void reduce(ReduceOp op, DType type) {
        Samples[] samples = switch (op) {
            case SUM, SUM_OF_SQUARES -> new Samples[] {Samples.TAME, Samples.MODERATE};
            case PROD -> new Samples[] {Samples.TAME};
            case MIN, MAX -> new Samples[] {Samples.HARD, Samples.TIES, Samples.TIES_AND_NAN};
            case ANY, ALL, COUNT_NONZERO -> new Samples[] {Samples.HARD, Samples.TIES};
        };
        long seed = 1;
        for (Shape shape : Grid.shapesWithAxes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                for (Samples from : samples) {
                    Operand x = Operand.of(device, type, shape, arrangement, from, seed++);
                    for (int set = 1; set < 1 << shape.rank(); set++) {
                        int chosen = set;
                        int[] axes = IntStream.range(0, shape.rank())
                                .filter(axis -> (chosen >> axis & 1) == 1)
                                .toArray();
                        if (type.isFloating() || shape.size() > 0 || op.identity() < 2 && op.identity() >= 0) {
                            reduce(op, x, axes);
                        }
                    }
                }
            }
        }
    }

    private void reduce(ReduceOp op, Operand x, int[] axes) {
        Shape reduced = x.shape().reduced(axes);
        double[] expected = new double[reduced.size()];
        double[] sizes = new double[reduced.size()];
        Arrays.fill(expected, op.identity());
        int[] at = Places.reduced(x.shape(), axes);
        for (int i = 0; i < at.length; i++) {
            expected[at[i]] = op.accumulate(expected[at[i]], x.values()[i]);
            sizes[at[i]] += op == ReduceOp.SUM_OF_SQUARES ? x.values()[i] * x.values()[i] : Math.abs(x.values()[i]);
        }
        String what = op + " of " + x.name() + " over axes " + Arrays.toString(axes);
        Target out = Target.of(device, resultType(op, x.dtype()), reduced);
        device.backend().reduce(op, x.tensor(), axes, out.view());
        Expect.bounded(what, expected, bounds(op, x, expected, sizes), out.written(what));
    }

    /** (n−1)·u·Σ|x| for any order of summation, one more rounding for squares; n·u relative for products. */
    private static double[] bounds(ReduceOp op, Operand x, double[] expected, double[] sizes) {
        double roundings = (x.shape().size() / Math.max(1.0, expected.length) + 1) * Expect.unitRoundoff(x.dtype());
        double[] bounds = new double[expected.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = switch (op) {
                case SUM, SUM_OF_SQUARES -> roundings * sizes[i];
                case PROD -> roundings * Math.abs(expected[i]);
                case MIN, MAX, ANY, ALL, COUNT_NONZERO -> 0;
            };
            bounds[i] = Double.isNaN(bounds[i]) ? 0 : bounds[i];
        }
        return bounds;
    }

    private void argReduce(boolean largest, DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapesWithAxes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                for (Samples from : new Samples[] {Samples.TIES, Samples.TIES_AND_NAN, Samples.HARD}) {
                    Operand x = Operand.of(device, type, shape, arrangement, from, seed++);
                    for (int axis = 0; axis < shape.rank(); axis++) {
                        if (shape.dim(axis) > 0) {
                            argReduce(largest, x, axis);
                        }
                    }
                }
            }
        }
    }

    private void argReduce(boolean largest, Operand x, int axis) {
        Shape reduced = x.shape().with(axis, 1);
        int stride = Places.stride(x.shape(), axis);
        double[] expected = new double[reduced.size()];
        int[] at = Places.reduced(x.shape(), axis);
        for (int i = 0; i < at.length; i++) {
            int index = i / stride % x.shape().dim(axis);
            int start = i - index * stride;
            double best = x.values()[start + (int) expected[at[i]] * stride];
            double candidate = x.values()[i];
            boolean beyond = largest ? candidate > best : candidate < best;
            if (beyond || (Double.isNaN(candidate) && !Double.isNaN(best))) {
                expected[at[i]] = index;
            }
        }
        String what = (largest ? "argmax" : "argmin") + " of " + x.name() + " along axis " + axis;
        Target out = Target.of(device, DType.I32, reduced);
        device.backend().argReduce(largest, x.tensor(), axis, out.view());
        Expect.same(what, expected, out.written(what));
    }

    private void cumsum(DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapesWithAxes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                Operand x = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                for (int axis = 0; axis < shape.rank(); axis++) {
                    int stride = Places.stride(shape, axis);
                    double[] expected = x.values().clone();
                    double[] bounds = new double[expected.length];
                    double[] sizes = Arrays.stream(expected).map(Math::abs).toArray();
                    for (int i = 0; i < expected.length; i++) {
                        if (i / stride % shape.dim(axis) > 0) {
                            expected[i] += expected[i - stride];
                            sizes[i] += sizes[i - stride];
                        }
                        bounds[i] = shape.dim(axis) * Expect.unitRoundoff(type) * sizes[i];
                    }
                    String what = "cumsum of " + x.name() + " along axis " + axis;
                    Target out = Target.of(device, type, shape);
                    device.backend().cumsum(x.tensor(), axis, out.view());
                    Expect.bounded(what, expected, bounds, out.written(what));
                }
            }
        }
    }
}
