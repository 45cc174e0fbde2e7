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
        int[] order = x.dtype() == DType.F32 || x.dtype() == DType.I32
                ? byKeys(x, xAt, descending, length)
                : byComparison(x, xAt, descending, length);
        for (int i = 0; i < length; i++) {
            CopyLoops.run(x, xAt + order[i], 1, values, valuesAt + i, 1, 1);
            indices[indicesAt + i] = order[i];
        }
    }

    /** Value and index in one long, the value mapped to bits that sort as it does: no two keys are equal. */
    private static int[] byKeys(HeapStorage x, int at, boolean descending, int length) {
        long[] keys = new long[length];
        for (int i = 0; i < length; i++) {
            int bits = x.dtype() == DType.F32 ? ordered(x.floats()[at + i]) : x.ints()[at + i];
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

    private static int[] byComparison(HeapStorage x, int at, boolean descending, int length) {
        Comparator<Double> values = descending ? Comparator.<Double>reverseOrder() : Comparator.<Double>naturalOrder();
        Comparator<Integer> byValue = Comparator.comparing(i -> x.get(at + i) + 0.0, values);
        Comparator<Integer> nanLast = Comparator.comparing(i -> Double.isNaN(x.get(at + i)));
        Integer[] order = new Integer[length];
        Arrays.setAll(order, i -> i);
        Arrays.sort(order, nanLast.thenComparing(byValue));
        return Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    }
}
