package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Pooling and its gradients against a loop over the places of each window. */
final class PoolingCases {
    /** A pooling of an input {@code [N, C, H, W]}. */
    private record Row(Shape input, PoolSpec spec) {
        static Row of(int n, int c, int h, int w, PoolSpec spec) {
            return new Row(Shape.of(n, c, h, w), spec);
        }

        Shape output() {
            return spec.outputShape(input);
        }
    }

    private static final List<Row> ROWS = List.of(
            Row.of(0, 2, 4, 4, PoolSpec.of(2, 2)),
            Row.of(2, 0, 4, 4, PoolSpec.of(2, 2)),
            Row.of(1, 1, 1, 1, PoolSpec.of(1, 1)),
            Row.of(2, 3, 4, 4, PoolSpec.of(2, 2)),
            Row.of(2, 3, 7, 9, PoolSpec.of(2, 2)), // a row and a column left out
            Row.of(1, 2, 6, 34, PoolSpec.of(2, 2)), // beside two vectors of outputs
            Row.of(1, 2, 6, 17, PoolSpec.of(3, 1)), // windows that overlap
            Row.of(1, 2, 9, 9, PoolSpec.of(3, 2).withPadding(1)),
            Row.of(1, 2, 8, 7, PoolSpec.of(3, 2).withPadding(1).withCountPadding(false)),
            Row.of(1, 2, 7, 6, PoolSpec.of(2, 2).withCeilMode(true)),
            Row.of(1, 2, 8, 9, PoolSpec.of(3, 2).withPadding(1).withCeilMode(true)),
            Row.of(1, 2, 8, 9, PoolSpec.of(3, 3).withCeilMode(true).withCountPadding(false)),
            Row.of(1, 1, 3, 3, PoolSpec.of(2, 2).withPadding(1).withCeilMode(true)), // a window beyond is left out
            Row.of(1, 2, 10, 10, PoolSpec.of(2, 3)), // gaps between windows
            Row.of(2, 2, 5, 5, PoolSpec.of(5, 5)), // the whole plane
            Row.of(1, 2, 9, 5, new PoolSpec(3, 2, 1, 2, 1, 0, false, true)),
            Row.of(1, 2, 5, 12, new PoolSpec(1, 4, 1, 3, 0, 2, true, false)));

    private final Device device;

    private PoolingCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        PoolingCases cases = new PoolingCases(device);
        Set<DType> compared = EnumSet.of(DType.F32, DType.F64, DType.I32);
        Set<DType> averaged = EnumSet.of(DType.F32, DType.F64);
        compared.retainAll(limits.types());
        averaged.retainAll(limits.types());
        Stream<Case> maxima = compared.stream()
                .map(type -> new Case("maxPool2d of " + type, () -> ROWS.forEach(row -> cases.max(row, type))));
        Stream<Case> rest = averaged.stream()
                .flatMap(type -> Stream.of(
                        new Case(
                                "maxPool2dGradient of " + type,
                                () -> ROWS.forEach(row -> cases.maxGradient(row, type))),
                        new Case("avgPool2d of " + type, () -> ROWS.forEach(row -> cases.average(row, type))),
                        new Case(
                                "avgPool2dGradient of " + type,
                                () -> ROWS.forEach(row -> cases.averageGradient(row, type)))));
        return Stream.concat(maxima, rest);
    }

    /** A place {@code x} of the window of output {@code y}, both in row-major order. */
    private interface Place {
        void at(int y, int x);
    }

    /** All places of all windows that are not padding, first to last within a window. */
    private static void places(Row row, Place place) {
        int height = row.input.dim(2);
        int width = row.input.dim(3);
        Shape output = row.output();
        for (int y = 0; y < output.size(); y++) {
            int left = y % output.dim(3) * row.spec.strideW() - row.spec.padW();
            int top = y / output.dim(3) % output.dim(2) * row.spec.strideH() - row.spec.padH();
            int plane = y / (output.dim(3) * output.dim(2));
            for (int i = top; i < top + row.spec.kernelH(); i++) {
                for (int j = left; j < left + row.spec.kernelW(); j++) {
                    if (i >= 0 && i < height && j >= 0 && j < width) {
                        place.at(y, (plane * height + i) * width + j);
                    }
                }
            }
        }
    }

    /** Winning places in row-major order of the whole input, one an output. */
    private static int[] winners(Row row, double[] x) {
        int[] winners = new int[row.output().size()];
        Arrays.fill(winners, -1);
        places(row, (y, at) -> {
            double best = winners[y] < 0 ? 0 : x[winners[y]];
            boolean better = x[at] > best || (Double.isNaN(x[at]) && !Double.isNaN(best));
            winners[y] = winners[y] < 0 || better ? at : winners[y];
        });
        return winners;
    }

    private void max(Row row, DType type) {
        long seed = 1;
        for (Arrangement arrangement : Arrangement.values()) {
            for (Samples from : List.of(Samples.HARD, Samples.TIES, Samples.TIES_AND_NAN, Samples.NEGATIVE_INFINITY)) {
                Operand x = Operand.of(device, type, row.input, arrangement, from, seed++);
                int[] winners = winners(row, x.values());
                int plane = row.input.dim(2) * row.input.dim(3);
                String what = "maxPool2d of " + x.name() + " " + row.spec;
                Target out = Target.of(device, type, row.output());
                Target indices = Target.of(device, DType.I32, row.output());
                device.backend().maxPool2d(row.spec, x.tensor(), out.view(), indices.view());
                double[] values =
                        Arrays.stream(winners).mapToDouble(at -> x.values()[at]).toArray();
                Expect.same(what, values, out.written(what));
                double[] places =
                        Arrays.stream(winners).mapToDouble(at -> at % plane).toArray();
                Expect.same(what + ", indices", places, indices.written(what));
                for (boolean relu : new boolean[] {false, true}) {
                    String alone = what + " without indices" + (relu ? ", with relu" : "");
                    Target maxima = Target.of(device, type, row.output());
                    Target unread = Target.of(device, DType.I32, row.output());
                    device.backend().maxPool2d(row.spec, x.tensor(), relu, maxima.view(), unread.view());
                    double[] expected = Arrays.stream(values)
                            .map(value -> relu ? Math.max(value, 0) : value)
                            .toArray();
                    Expect.same(alone, expected, maxima.written(alone));
                }
            }
        }
    }

    private void maxGradient(Row row, DType type) {
        long seed = 1;
        double[] x = Samples.TIES.values(type, row.input.size(), 77);
        int[] winners = winners(row, x);
        int plane = row.input.dim(2) * row.input.dim(3);
        double[] places = Arrays.stream(winners).mapToDouble(at -> at % plane).toArray();
        Operand indices =
                Operand.exactly(device, DType.I32, places, row.output().toArray());
        for (Arrangement arrangement : Arrangement.values()) {
            Operand g = Operand.of(device, type, row.output(), arrangement, Samples.TAME, seed++);
            double[] expected = new double[x.length];
            double[] bounds = new double[x.length];
            for (int y = 0; y < winners.length; y++) {
                expected[winners[y]] += g.values()[y];
                bounds[winners[y]] += 9 * Expect.unitRoundoff(type) * Math.abs(g.values()[y]);
            }
            String what = "maxPool2dGradient of " + g.name() + " " + row.spec;
            Target out = Target.of(device, type, row.input);
            device.backend().maxPool2dGradient(row.spec, g.tensor(), indices.tensor(), out.view());
            Expect.bounded(what, expected, bounds, out.written(what));
        }
    }

    /** The number that each window's sum is divided by. */
    private static double[] divisors(Row row) {
        double[] counts = new double[row.output().size()];
        places(row, (y, _) -> counts[y]++);
        if (row.spec.countPadding()) {
            // The same windows over an input that is as large as the padded one: all its places are in range.
            Shape padded = Shape.of(
                    row.input.dim(0),
                    row.input.dim(1),
                    row.input.dim(2) + 2 * row.spec.padH(),
                    row.input.dim(3) + 2 * row.spec.padW());
            Shape output = row.output();
            Arrays.fill(counts, 0);
            for (int y = 0; y < counts.length; y++) {
                int left = y % output.dim(3) * row.spec.strideW();
                int top = y / output.dim(3) % output.dim(2) * row.spec.strideH();
                for (int i = top; i < top + row.spec.kernelH(); i++) {
                    for (int j = left; j < left + row.spec.kernelW(); j++) {
                        counts[y] += i < padded.dim(2) && j < padded.dim(3) ? 1 : 0;
                    }
                }
            }
        }
        return counts;
    }

    private void average(Row row, DType type) {
        long seed = 1;
        double[] divisors = divisors(row);
        for (Arrangement arrangement : Arrangement.values()) {
            Operand x = Operand.of(device, type, row.input, arrangement, Samples.TAME, seed++);
            double[] expected = new double[divisors.length];
            double[] bounds = new double[divisors.length];
            int roundings = row.spec.kernelH() * row.spec.kernelW() + 1;
            places(row, (y, at) -> {
                expected[y] += x.values()[at] / divisors[y];
                bounds[y] += roundings * Expect.unitRoundoff(type) * Math.abs(x.values()[at]) / divisors[y];
            });
            String what = "avgPool2d of " + x.name() + " " + row.spec;
            Target out = Target.of(device, type, row.output());
            device.backend().avgPool2d(row.spec, x.tensor(), out.view());
            Expect.bounded(what, expected, bounds, out.written(what));
        }
    }

    private void averageGradient(Row row, DType type) {
        long seed = 1;
        double[] divisors = divisors(row);
        for (Arrangement arrangement : Arrangement.values()) {
            Operand g = Operand.of(device, type, row.output(), arrangement, Samples.TAME, seed++);
            double[] expected = new double[row.input.size()];
            double[] bounds = new double[row.input.size()];
            int roundings = row.spec.kernelH() * row.spec.kernelW() + 1;
            places(row, (y, at) -> {
                expected[at] += g.values()[y] / divisors[y];
                bounds[at] += roundings * Expect.unitRoundoff(type) * Math.abs(g.values()[y]) / divisors[y];
            });
            String what = "avgPool2dGradient of " + g.name() + " " + row.spec;
            Target out = Target.of(device, type, row.input);
            device.backend().avgPool2dGradient(row.spec, g.tensor(), out.view());
            Expect.bounded(what, expected, bounds, out.written(what));
        }
    }
}
