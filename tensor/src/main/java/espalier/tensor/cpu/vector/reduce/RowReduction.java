package espalier.tensor.cpu.vector.reduce;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.NE;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.spi.ReduceOp;
import jdk.incubator.vector.FloatVector;

/**
 * One number from a run of floats: sums, products, extremes and counts.
 *
 * <p>The order of the additions is fixed, so that the result depends neither on the number of threads nor on whether
 * the machine has 8 or 16 lanes. A run is cut into blocks of {@value #BLOCK} elements. In a block, element i is added
 * to partial sum i mod 32; the 32 are folded in halves: 32 to 16 to 8 and so on. The sums of the blocks, and what is
 * left beyond a multiple of 32, are added in order in double precision. The error is that of sums of 128 terms, about
 * 1e-7 relative to Σ|x|, however long the run.
 */
public final class RowReduction {
    /** Elements whose sum is taken in float. */
    static final int BLOCK = 4096;

    /** Elements per step of a loop: four vectors, or two of 16 lanes. */
    private static final int GROUP = Math.min(32, 4 * COUNT);

    private RowReduction() {}

    /** The reduction of one block of whole groups. */
    private interface Block {
        double reduce(float[] x, int at, int n);
    }

    /** Reduces {@code n} elements from {@code x[at]}. ANY and ALL answer 1 or 0. */
    static double run(ReduceOp op, float[] x, int at, int n) {
        return switch (op) {
            case SUM -> sum(x, at, n);
            case SUM_OF_SQUARES -> inOrder(op, RowReduction::squaresOfBlock, x, at, n);
            case PROD -> inOrder(op, RowReduction::productOfBlock, x, at, n);
            case MIN -> inOrder(op, RowReduction::minOfBlock, x, at, n);
            case MAX -> inOrder(op, RowReduction::maxOfBlock, x, at, n);
            case COUNT_NONZERO -> count(x, at, n);
            case ANY -> count(x, at, n) > 0 ? 1 : 0;
            case ALL -> count(x, at, n) == n ? 1 : 0;
        };
    }

    /** Two partial results as one. */
    static double combine(ReduceOp op, double so, double more) {
        return switch (op) {
            case SUM, SUM_OF_SQUARES, COUNT_NONZERO -> so + more;
            case PROD -> so * more;
            case MIN -> Math.min(so, more);
            case MAX -> Math.max(so, more);
            case ANY -> Math.max(so, more);
            case ALL -> Math.min(so, more);
        };
    }

    private static double inOrder(ReduceOp op, Block block, float[] x, int at, int n) {
        double so = op.identity();
        int whole = n & -GROUP;
        for (int i = 0; i < whole; i += BLOCK) {
            so = combine(op, so, block.reduce(x, at + i, Math.min(BLOCK, whole - i)));
        }
        for (int i = whole; i < n; i++) {
            so = op.accumulate(so, x[at + i]);
        }
        return so;
    }

    /** Σx. What is left beyond the groups is added in four strands, for short runs consist of little else. */
    public static double sum(float[] x, int at, int n) {
        double so = 0;
        int whole = n & -GROUP;
        for (int i = 0; i < whole; i += BLOCK) {
            so += sumOfBlock(x, at + i, Math.min(BLOCK, whole - i));
        }
        double a = 0;
        double b = 0;
        double c = 0;
        double d = 0;
        int i = whole;
        for (; i + 3 < n; i += 4) {
            a += x[at + i];
            b += x[at + i + 1];
            c += x[at + i + 2];
            d += x[at + i + 3];
        }
        for (; i < n; i++) {
            a += x[at + i];
        }
        return so + ((a + b) + (c + d));
    }

    /** max(x), NaN if there is one. */
    public static float max(float[] x, int at, int n) {
        float so = Float.NEGATIVE_INFINITY;
        int whole = n & -GROUP;
        if (whole > 0) {
            so = (float) maxOfBlock(x, at, whole);
        }
        for (int i = whole; i < n; i++) {
            so = Math.max(so, x[at + i]);
        }
        return so;
    }

    /** Σ(x − shift)². */
    static double squaredDistances(float[] x, int at, int n, float shift) {
        double so = 0;
        int whole = n & -GROUP;
        for (int i = 0; i < whole; i += BLOCK) {
            so += squaredDistancesOfBlock(x, at + i, Math.min(BLOCK, whole - i), shift);
        }
        for (int i = whole; i < n; i++) {
            double d = x[at + i] - shift;
            so += d * d;
        }
        return so;
    }

    /** Σ(x − shift)·y. */
    public static double dot(float[] x, int xo, float shift, float[] y, int yo, int n) {
        double so = 0;
        int whole = n & -GROUP;
        for (int i = 0; i < whole; i += BLOCK) {
            so += dotOfBlock(x, xo + i, shift, y, yo + i, Math.min(BLOCK, whole - i));
        }
        for (int i = whole; i < n; i++) {
            so += (double) (x[xo + i] - shift) * y[yo + i];
        }
        return so;
    }

    private static double count(float[] x, int at, int n) {
        double so = 0;
        int whole = n & -GROUP;
        for (int i = 0; i < whole; i += BLOCK) {
            so += countOfBlock(x, at + i, Math.min(BLOCK, whole - i));
        }
        for (int i = whole; i < n; i++) {
            so += x[at + i] != 0 ? 1 : 0;
        }
        return so;
    }

    private static double sumOfBlock(float[] x, int at, int n) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += GROUP) {
            a = VECTOR.cast(a).add(fromArray(FLOATS, x, at + i));
            b = VECTOR.cast(b).add(fromArray(FLOATS, x, at + i + COUNT));
            if (COUNT < 16) {
                c = VECTOR.cast(c).add(fromArray(FLOATS, x, at + i + 2 * COUNT));
                d = VECTOR.cast(d).add(fromArray(FLOATS, x, at + i + 3 * COUNT));
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.add(c).add(b.add(d)).intoArray(lanes, 0);
        return folded(lanes);
    }

    private static double squaresOfBlock(float[] x, int at, int n) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += GROUP) {
            FloatVector p = VECTOR.cast(fromArray(FLOATS, x, at + i));
            a = p.fma(p, a);
            FloatVector q = VECTOR.cast(fromArray(FLOATS, x, at + i + COUNT));
            b = q.fma(q, b);
            if (COUNT < 16) {
                FloatVector r = VECTOR.cast(fromArray(FLOATS, x, at + i + 2 * COUNT));
                c = r.fma(r, c);
                FloatVector s = VECTOR.cast(fromArray(FLOATS, x, at + i + 3 * COUNT));
                d = s.fma(s, d);
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.add(c).add(b.add(d)).intoArray(lanes, 0);
        return folded(lanes);
    }

    private static double squaredDistancesOfBlock(float[] x, int at, int n, float shift) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += GROUP) {
            FloatVector p = VECTOR.cast(fromArray(FLOATS, x, at + i)).sub(shift);
            a = p.fma(p, a);
            FloatVector q = VECTOR.cast(fromArray(FLOATS, x, at + i + COUNT)).sub(shift);
            b = q.fma(q, b);
            if (COUNT < 16) {
                FloatVector r =
                        VECTOR.cast(fromArray(FLOATS, x, at + i + 2 * COUNT)).sub(shift);
                c = r.fma(r, c);
                FloatVector s =
                        VECTOR.cast(fromArray(FLOATS, x, at + i + 3 * COUNT)).sub(shift);
                d = s.fma(s, d);
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.add(c).add(b.add(d)).intoArray(lanes, 0);
        return folded(lanes);
    }

    private static double dotOfBlock(float[] x, int xo, float shift, float[] y, int yo, int n) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += GROUP) {
            FloatVector p = VECTOR.cast(fromArray(FLOATS, x, xo + i)).sub(shift);
            a = p.fma(fromArray(FLOATS, y, yo + i), a);
            FloatVector q = VECTOR.cast(fromArray(FLOATS, x, xo + i + COUNT)).sub(shift);
            b = q.fma(fromArray(FLOATS, y, yo + i + COUNT), b);
            if (COUNT < 16) {
                FloatVector r =
                        VECTOR.cast(fromArray(FLOATS, x, xo + i + 2 * COUNT)).sub(shift);
                c = r.fma(fromArray(FLOATS, y, yo + i + 2 * COUNT), c);
                FloatVector s =
                        VECTOR.cast(fromArray(FLOATS, x, xo + i + 3 * COUNT)).sub(shift);
                d = s.fma(fromArray(FLOATS, y, yo + i + 3 * COUNT), d);
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.add(c).add(b.add(d)).intoArray(lanes, 0);
        return folded(lanes);
    }

    private static double countOfBlock(float[] x, int at, int n) {
        FloatVector a = FloatVector.zero(FLOATS);
        FloatVector b = FloatVector.zero(FLOATS);
        FloatVector c = FloatVector.zero(FLOATS);
        FloatVector d = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += GROUP) {
            a = VECTOR.cast(a).add(1f, fromArray(FLOATS, x, at + i).compare(NE, 0f));
            b = VECTOR.cast(b).add(1f, fromArray(FLOATS, x, at + i + COUNT).compare(NE, 0f));
            if (COUNT < 16) {
                c = VECTOR.cast(c)
                        .add(1f, fromArray(FLOATS, x, at + i + 2 * COUNT).compare(NE, 0f));
                d = VECTOR.cast(d)
                        .add(1f, fromArray(FLOATS, x, at + i + 3 * COUNT).compare(NE, 0f));
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.add(c).add(b.add(d)).intoArray(lanes, 0);
        return folded(lanes);
    }

    private static double productOfBlock(float[] x, int at, int n) {
        FloatVector a = FloatVector.broadcast(FLOATS, 1f);
        FloatVector b = FloatVector.broadcast(FLOATS, 1f);
        FloatVector c = FloatVector.broadcast(FLOATS, 1f);
        FloatVector d = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += GROUP) {
            a = VECTOR.cast(a).mul(fromArray(FLOATS, x, at + i));
            b = VECTOR.cast(b).mul(fromArray(FLOATS, x, at + i + COUNT));
            if (COUNT < 16) {
                c = VECTOR.cast(c).mul(fromArray(FLOATS, x, at + i + 2 * COUNT));
                d = VECTOR.cast(d).mul(fromArray(FLOATS, x, at + i + 3 * COUNT));
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.mul(c).mul(b.mul(d)).intoArray(lanes, 0);
        return product(lanes);
    }

    private static double minOfBlock(float[] x, int at, int n) {
        FloatVector a = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        FloatVector b = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        FloatVector c = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        FloatVector d = FloatVector.broadcast(FLOATS, Float.POSITIVE_INFINITY);
        for (int i = 0; i < n; i += GROUP) {
            a = VECTOR.cast(a).min(fromArray(FLOATS, x, at + i));
            b = VECTOR.cast(b).min(fromArray(FLOATS, x, at + i + COUNT));
            if (COUNT < 16) {
                c = VECTOR.cast(c).min(fromArray(FLOATS, x, at + i + 2 * COUNT));
                d = VECTOR.cast(d).min(fromArray(FLOATS, x, at + i + 3 * COUNT));
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.min(c).min(b.min(d)).intoArray(lanes, 0);
        return min(lanes);
    }

    private static double maxOfBlock(float[] x, int at, int n) {
        FloatVector a = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector b = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector c = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        FloatVector d = FloatVector.broadcast(FLOATS, Float.NEGATIVE_INFINITY);
        for (int i = 0; i < n; i += GROUP) {
            a = VECTOR.cast(a).max(fromArray(FLOATS, x, at + i));
            b = VECTOR.cast(b).max(fromArray(FLOATS, x, at + i + COUNT));
            if (COUNT < 16) {
                c = VECTOR.cast(c).max(fromArray(FLOATS, x, at + i + 2 * COUNT));
                d = VECTOR.cast(d).max(fromArray(FLOATS, x, at + i + 3 * COUNT));
            }
        }
        float[] lanes = Scratch.floats(Scratch.LANES, COUNT);
        a.max(c).max(b.max(d)).intoArray(lanes, 0);
        return max(lanes);
    }

    /** The sum of the lanes: in halves, so that 16 lanes fold as 8 do. */
    static float folded(float[] lanes) {
        for (int half = COUNT / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] += lanes[i + half];
            }
        }
        return lanes[0];
    }

    private static float product(float[] lanes) {
        for (int half = COUNT / 2; half > 0; half /= 2) {
            for (int i = 0; i < half; i++) {
                lanes[i] *= lanes[i + half];
            }
        }
        return lanes[0];
    }

    private static float min(float[] lanes) {
        float so = lanes[0];
        for (int i = 1; i < COUNT; i++) {
            so = Math.min(so, lanes[i]);
        }
        return so;
    }

    private static float max(float[] lanes) {
        float so = lanes[0];
        for (int i = 1; i < COUNT; i++) {
            so = Math.max(so, lanes[i]);
        }
        return so;
    }
}
