package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Sorting, gathering and scattering. */
final class IndexingCases {
    private final Device device;

    private IndexingCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        IndexingCases cases = new IndexingCases(device);
        Set<DType> sorted = EnumSet.complementOf(EnumSet.of(DType.F16, DType.BOOL));
        sorted.retainAll(limits.types());
        Set<DType> added = EnumSet.of(DType.F32, DType.F64, DType.I32);
        added.retainAll(limits.types());
        return Stream.of(
                        sorted.stream().map(type -> new Case("sort of " + type, () -> cases.sort(type))),
                        limits.types().stream().map(type -> new Case("gather of " + type, () -> cases.gather(type))),
                        added.stream().map(type -> new Case("scatterAdd of " + type, () -> cases.scatterAdd(type))))
                .flatMap(rows -> rows);
    }

    // ---- sorting

    private void sort(DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapesWithAxes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                for (Samples from : new Samples[] {Samples.HARD, Samples.TIES_AND_NAN}) {
                    for (boolean descending : new boolean[] {false, true}) {
                        sort(Operand.of(device, type, shape, arrangement, from, seed++), descending);
                    }
                }
            }
        }
    }

    private void sort(Operand x, boolean descending) {
        int length = x.shape().dim(-1);
        double[] values = new double[x.values().length];
        double[] indices = new double[x.values().length];
        for (int row = 0; row < values.length; row += Math.max(1, length)) {
            int start = row;
            Integer[] order = IntStream.range(0, length).boxed().toArray(Integer[]::new);
            Arrays.sort(order, byValue(x.values(), start, descending)); // a stable sort
            for (int i = 0; i < length; i++) {
                values[row + i] = x.values()[row + order[i]];
                indices[row + i] = order[i];
            }
        }
        String what = "sort of " + x.name() + (descending ? " descending" : " ascending");
        Target sorted = Target.of(device, x.dtype(), x.shape());
        Target origins = Target.of(device, DType.I32, x.shape());
        device.backend().sort(x.tensor(), descending, sorted.view(), origins.view());
        Expect.identical(what, values, sorted.written(what));
        Expect.same(what + ", indices", indices, origins.written(what));
    }

    private static Comparator<Integer> byValue(double[] values, int start, boolean descending) {
        return (i, j) -> {
            double a = values[start + i];
            double b = values[start + j];
            if (Double.isNaN(a) || Double.isNaN(b)) {
                return Boolean.compare(Double.isNaN(a), Double.isNaN(b));
            }
            int order = a < b ? -1 : a > b ? 1 : 0;
            return descending ? -order : order;
        };
    }

    // ---- gather and scatter

    /** Indices in range for an axis of {@code size}, as a tensor that may repeat one along an axis. */
    private Operand index(Shape shape, int size, Arrangement arrangement, long seed) {
        Random random = new Random(seed);
        double[] stored = random.doubles(arrangement.room(shape))
                .map(x -> Math.floor(x * size))
                .toArray();
        Operand flat = Operand.exactly(device, DType.I32, stored, stored.length);
        Operand twin = Operand.of(device, DType.I32, shape, arrangement, Samples.TAME, seed);
        double[] values = new double[shape.size()];
        int[] dims = shape.toArray();
        for (int i = 0; i < values.length; i++) {
            int at = twin.tensor().layout().offset();
            int rest = i;
            for (int axis = dims.length - 1; axis >= 0; axis--) {
                at += rest % dims[axis] * twin.tensor().layout().stride(axis);
                rest /= dims[axis];
            }
            values[i] = stored[at];
        }
        return new Operand(flat.tensor().view(twin.tensor().layout()), values, "index " + twin.name());
    }

    /** For each element of an index, the row-major position in {@code shape} that it names along the axis. */
    private static int[] named(Operand index, Shape shape, int axis) {
        int[] places = new int[index.values().length];
        for (int i = 0; i < places.length; i++) {
            for (int k = 0; k < shape.rank(); k++) {
                int at = k == axis
                        ? (int) index.values()[i]
                        : i / Places.stride(index.shape(), k) % index.shape().dim(k);
                places[i] += at * Places.stride(shape, k);
            }
        }
        return places;
    }

    private void gather(DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapesWithAxes()) {
            for (int axis = 0; axis < shape.rank(); axis++) {
                for (int length : shape.dim(axis) == 0 ? new int[] {0} : new int[] {0, 1, 9}) {
                    for (Arrangement arrangement : Arrangement.values()) {
                        for (Arrangement indexed :
                                List.of(Arrangement.CONTIGUOUS, Arrangement.TRANSPOSED, Arrangement.BROADCAST_FIRST)) {
                            Operand x = Operand.of(device, type, shape, arrangement, Samples.HARD, seed++);
                            gather(x, axis, index(shape.with(axis, length), shape.dim(axis), indexed, seed++));
                        }
                    }
                }
            }
        }
    }

    private void gather(Operand x, int axis, Operand index) {
        double[] expected = Arrays.stream(named(index, x.shape(), axis))
                .mapToDouble(place -> x.values()[place])
                .toArray();
        String what = "gather of " + x.name() + " along axis " + axis + " by " + index.name();
        Target out = Target.of(device, x.dtype(), index.shape());
        device.backend().gather(x.tensor(), axis, index.tensor(), out.view());
        Expect.identical(what, expected, out.written(what));
    }

    private void scatterAdd(DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapesWithAxes()) {
            for (int axis = 0; axis < shape.rank(); axis++) {
                for (int length : shape.dim(axis) == 0 ? new int[] {0} : new int[] {0, 1, 9}) {
                    for (Arrangement arrangement : Arrangement.values()) {
                        for (Arrangement target : List.of(
                                Arrangement.OFFSET,
                                Arrangement.TRANSPOSED,
                                Arrangement.NARROWED,
                                Arrangement.FLIPPED)) {
                            Shape taken = shape.with(axis, length);
                            Operand x = Operand.of(device, type, taken, arrangement, Samples.TAME, seed++);
                            Operand index = index(taken, shape.dim(axis), arrangement, seed++);
                            scatterAdd(shape, target, axis, index, x);
                        }
                    }
                }
            }
        }
    }

    private void scatterAdd(Shape shape, Arrangement target, int axis, Operand index, Operand x) {
        Target into = Target.of(device, x.dtype(), shape, target);
        device.backend().fill(into.view(), 2);
        double[] expected = new double[shape.size()];
        double[] bounds = new double[shape.size()];
        Arrays.fill(expected, 2);
        int[] places = named(index, shape, axis);
        for (int i = 0; i < places.length; i++) {
            expected[places[i]] += x.values()[i];
            bounds[places[i]] += 10 * Expect.unitRoundoff(x.dtype()) * (2 + Math.abs(x.values()[i]));
        }
        String what = "scatterAdd of " + x.name() + " along axis " + axis + " by " + index.name() + " into " + target;
        device.backend().scatterAdd(into.view(), axis, index.tensor(), x.tensor());
        Expect.bounded(what, expected, bounds, into.written(what));
    }
}
