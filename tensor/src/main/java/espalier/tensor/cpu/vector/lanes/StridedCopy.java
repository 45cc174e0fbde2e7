package espalier.tensor.cpu.vector.lanes;

import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Copies of rows whose elements lie apart on one side: what a convolution with a stride needs at its ends.
 *
 * <p>Elements 0, 2, .. 14 are taken from two vectors: the second begins at 7, not 8, so as not to read past the last.
 */
public final class StridedCopy {
    private static final VectorSpecies<Float> EIGHT = FloatVector.SPECIES_256;
    private static final boolean IN_REGISTERS = Lanes.COUNT >= 8;
    private static final VectorShuffle<Float> LOW = VectorShuffle.fromValues(EIGHT, 0, 0, 1, 1, 2, 2, 3, 3);
    private static final VectorShuffle<Float> HIGH = VectorShuffle.fromValues(EIGHT, 4, 4, 5, 5, 6, 6, 7, 7);
    private static final VectorShuffle<Float> SORTED = VectorShuffle.fromValues(EIGHT, 0, 2, 4, 6, 1, 3, 5, 7);
    private static final VectorMask<Float> ODD = VectorMask.fromLong(EIGHT, 0b10101010);

    /** As {@link Lanes#VECTOR}. */
    private static final Class<? extends FloatVector> OCTET =
            FloatVector.zero(EIGHT).getClass();

    private StridedCopy() {}

    /** {@code to[toAt + i] = from[fromAt + i]}. */
    public static void copy(float[] from, int fromAt, float[] to, int toAt, int count) {
        if (count < Lanes.COUNT) {
            for (int i = 0; i < count; i++) {
                to[toAt + i] = from[fromAt + i];
            }
        } else {
            System.arraycopy(from, fromAt, to, toAt, count);
        }
    }

    /** Two vectors. */
    public static void two(float[] from, int fromAt, float[] to, int toAt) {
        Lanes.VECTOR.cast(fromArray(Lanes.FLOATS, from, fromAt)).intoArray(to, toAt);
        Lanes.VECTOR.cast(fromArray(Lanes.FLOATS, from, fromAt + Lanes.COUNT)).intoArray(to, toAt + Lanes.COUNT);
    }

    /**
     * Short runs, one after the other: {@code to[toAt + r*count + i] = from[fromAt + starts[r] + i]}.
     *
     * @param count elements of a run, at most 8
     * @param spills whether elements after the last run, eight at most, may be overwritten
     */
    public static void runs(
            float[] from, int fromAt, int[] starts, int runs, float[] to, int toAt, int count, boolean spills) {
        int put = toAt;
        int r = 0;
        if (IN_REGISTERS) {
            // Eight are copied; those too many lie in the next runs, which are written after this one.
            int whole = spills ? runs : Math.floorDiv(runs * count - 8, count) + 1;
            for (; r < whole && fromAt + starts[r] + 8 <= from.length; r++, put += count) {
                OCTET.cast(fromArray(EIGHT, from, fromAt + starts[r])).intoArray(to, put);
            }
        }
        for (; r < runs; r++, put += count) {
            for (int i = 0; i < count; i++) {
                to[put + i] = from[fromAt + starts[r] + i];
            }
        }
    }

    /**
     * Rows, from the first to the last: {@code to[toAt + r*toStep + i] = from[fromAt + r*fromStep + i]}. After each row
     * {@link Lanes#COUNT} floats at most are overwritten: those of rows that follow, or some that nobody needs.
     */
    public static void rows(
            float[] from, int fromAt, int fromStep, int rows, int width, float[] to, int toAt, int toStep) {
        boolean narrow = width <= 8 && IN_REGISTERS;
        int vector = narrow ? 8 : Lanes.COUNT;
        int reach = Math.ceilDiv(width, vector) * vector;
        int room = from.length - reach - fromAt;
        int whole = room < 0 ? 0 : Math.min(rows, room / fromStep + 1);
        if (narrow) {
            for (int r = 0; r < whole; r++) {
                OCTET.cast(fromArray(EIGHT, from, fromAt + r * fromStep)).intoArray(to, toAt + r * toStep);
            }
        } else {
            for (int r = 0; r < whole; r++) {
                for (int i = 0; i < reach; i += vector) {
                    Lanes.VECTOR
                            .cast(fromArray(Lanes.FLOATS, from, fromAt + r * fromStep + i))
                            .intoArray(to, toAt + r * toStep + i);
                }
            }
        }
        for (int r = whole; r < rows; r++) {
            copy(from, fromAt + r * fromStep, to, toAt + r * toStep, width);
        }
    }

    /** {@code to[toAt + i] = from[fromAt + i*stride]}. */
    public static void gather(float[] from, int fromAt, int stride, float[] to, int toAt, int count) {
        if (stride == 1) {
            copy(from, fromAt, to, toAt, count);
            return;
        }
        int i = 0;
        if (stride == 2 && IN_REGISTERS) {
            for (; i < count && count >= 8; i += 8) {
                int start = Math.min(i, count - 8);
                int at = fromAt + 2 * start;
                fromArray(EIGHT, from, at)
                        .blend(fromArray(EIGHT, from, at + 7), ODD)
                        .rearrange(SORTED)
                        .intoArray(to, toAt + start);
            }
        }
        for (; i < count; i++) {
            to[toAt + i] = from[fromAt + i * stride];
        }
    }

    /**
     * {@code evens[evensAt + i] = from[fromAt + 2*i], odds[oddsAt + i] = from[fromAt + 2*i + 1]} for {@code pairs}
     * pairs.
     */
    public static void split(
            float[] from, int fromAt, float[] evens, int evensAt, float[] odds, int oddsAt, int pairs) {
        int i = 0;
        if (IN_REGISTERS) {
            for (; i < pairs && pairs >= 8; i += 8) {
                int start = Math.min(i, pairs - 8);
                int at = fromAt + 2 * start;
                fromArray(EIGHT, from, at)
                        .blend(fromArray(EIGHT, from, at + 7), ODD)
                        .rearrange(SORTED)
                        .intoArray(evens, evensAt + start);
                fromArray(EIGHT, from, at + 1)
                        .blend(fromArray(EIGHT, from, at + 8), ODD)
                        .rearrange(SORTED)
                        .intoArray(odds, oddsAt + start);
            }
        }
        for (; i < pairs; i++) {
            evens[evensAt + i] = from[fromAt + 2 * i];
            odds[oddsAt + i] = from[fromAt + 2 * i + 1];
        }
    }

    /** {@code to[toAt + i*stride] = from[fromAt + i]}. */
    public static void scatter(float[] from, int fromAt, float[] to, int toAt, int stride, int count) {
        if (stride == 1) {
            copy(from, fromAt, to, toAt, count);
            return;
        }
        int write = toAt;
        for (int i = 0; i < count; i++, write += stride) {
            to[write] = from[fromAt + i];
        }
    }

    /** {@code to[toAt + 2*i] = evens[evensAt + i], to[toAt + 2*i + 1] = odds[oddsAt + i]} for {@code pairs} pairs. */
    public static void interleave(
            float[] evens, int evensAt, float[] odds, int oddsAt, float[] to, int toAt, int pairs) {
        int i = 0;
        if (IN_REGISTERS) {
            for (; i < pairs && pairs >= 8; i += 8) {
                int start = Math.min(i, pairs - 8);
                FloatVector a = fromArray(EIGHT, evens, evensAt + start);
                FloatVector b = fromArray(EIGHT, odds, oddsAt + start);
                int at = toAt + 2 * start;
                a.rearrange(LOW).blend(b.rearrange(LOW), ODD).intoArray(to, at);
                a.rearrange(HIGH).blend(b.rearrange(HIGH), ODD).intoArray(to, at + 8);
            }
        }
        for (; i < pairs; i++) {
            to[toAt + 2 * i] = evens[evensAt + i];
            to[toAt + 2 * i + 1] = odds[oddsAt + i];
        }
    }
}
