package espalier.tensor.cpu;

import espalier.tensor.DType;
import java.util.Arrays;
import java.util.Comparator;

/** Stable sorting of one contiguous row; zeros of either sign are equal, NaN comes last in either direction. */
final class Sorting {
    private Sorting() {}

    static void row(
            HeapStorage x,
            int xAt,
            boolean descending,
            HeapStorage values,
            int valuesAt,
            int[] indices,
            int indicesAt,
            int length) {
        int[] order = switch (x.dtype()) {
            case F32, I32, I8, U8, BOOL -> byKeys(x, xAt, descending, length);
            case I64 -> byInteger(x.longs(), xAt, descending, length);
            case F64, F16 -> byComparison(x, xAt, descending, length);
        };
        for (int i = 0; i < length; i++) {
            CopyLoops.run(x, xAt + order[i], 1, values, valuesAt + i, 1, 1);
            indices[indicesAt + i] = order[i];
        }
    }

    /** Value and index in one long, the value mapped to bits that sort as it does: no two keys are equal. */
    private static int[] byKeys(HeapStorage x, int at, boolean descending, int length) {
        long[] keys = new long[length];
        for (int i = 0; i < length; i++) {
            int bits = x.dtype() == DType.F32 ? ordered(x.floats()[at + i]) : (int) x.getInteger(at + i);
            boolean nan = x.dtype() == DType.F32 && Float.isNaN(x.floats()[at + i]);
            int directed = nan ? Integer.MAX_VALUE : descending ? ~bits : bits;
            keys[i] = ((long) directed << 32) | i;
        }
        Arrays.sort(keys);
        int[] order = new int[length];
        for (int i = 0; i < length; i++) {
            order[i] = (int) keys[i];
        }
        return order;
    }

    /** Bits of a float as an integer of the same order. */
    private static int ordered(float value) {
        int bits = Float.floatToIntBits(value + 0.0f);
        return bits >= 0 ? bits : bits ^ 0x7FFFFFFF;
    }

    private static int[] byInteger(long[] x, int at, boolean descending, int length) {
        Comparator<Integer> byValue = (i, j) -> Long.compare(x[at + i], x[at + j]);
        return sorted(descending ? (i, j) -> byValue.compare(j, i) : byValue, length);
    }

    private static int[] byComparison(HeapStorage x, int at, boolean descending, int length) {
        Comparator<Double> values = descending ? Comparator.<Double>reverseOrder() : Comparator.<Double>naturalOrder();
        Comparator<Integer> byValue = Comparator.comparing(i -> x.get(at + i) + 0.0, values);
        Comparator<Integer> nanLast = Comparator.comparing(i -> Double.isNaN(x.get(at + i)));
        return sorted(nanLast.thenComparing(byValue), length);
    }

    /** The numbers below {@code length} in an order; equal ones stay as they are. */
    private static int[] sorted(Comparator<Integer> comparator, int length) {
        Integer[] order = new Integer[length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, comparator);
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }
}
