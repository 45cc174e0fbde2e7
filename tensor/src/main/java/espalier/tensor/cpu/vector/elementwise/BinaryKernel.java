package espalier.tensor.cpu.vector.elementwise;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.BinaryOp;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;

/**
 * y[i] = op(a[i], b[i]) over runs of floats, either operand possibly one number for the whole run: the vector form of
 * {@link BinaryOp#apply} for the operations whose result is a number. {@link PredicateKernel} has the others.
 *
 * <p>An operand of stride 0 is written out as a block of equal elements that stays in the first-level cache: one loop
 * per operation then serves all strides. {@code y} may be the same run as an operand.
 */
final class BinaryKernel {
    private static final int BLOCK = VectorMath.BLOCK;

    private BinaryKernel() {}

    /** A loop over whole vectors, at most {@link VectorMath#BLOCK} elements. */
    private interface Loop {
        void run(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n);
    }

    /**
     * Applies {@code op} to {@code n} pairs.
     *
     * @param as stride of {@code a}: 1, or 0 for one number
     * @param bs stride of {@code b}: 1, or 0 for one number
     * @throws IllegalArgumentException if {@code op} is a predicate
     */
    static void run(BinaryOp op, float[] a, int ao, int as, float[] b, int bo, int bs, float[] y, int yo, int n) {
        if (n == 0) {
            return;
        }
        Loop loop = loopOf(op);
        int whole = Lanes.whole(n);
        float[] u = as == 0 ? repeated(a[ao], n, Scratch.OPERAND) : a;
        float[] v = bs == 0 ? repeated(b[bo], n, Scratch.OPERAND_2) : b;
        for (int i = 0; i < whole; i += BLOCK) {
            loop.run(u, as * (ao + i), v, bs * (bo + i), y, yo + i, Math.min(BLOCK, whole - i));
        }
        if (whole < n) {
            float[] ar = as == 0 ? u : Lanes.rest(a, ao + whole, n - whole, Scratch.REST);
            float[] br = bs == 0 ? v : Lanes.rest(b, bo + whole, n - whole, Scratch.REST_2);
            float[] yr = Scratch.floats(Scratch.REST_RESULT, COUNT);
            loop.run(ar, 0, br, 0, yr, 0, COUNT);
            System.arraycopy(yr, 0, y, yo + whole, n - whole);
        }
    }

    /** As many copies of one number as a loop over {@code n} elements reads at once. */
    static float[] repeated(float value, int n, int slot) {
        int length = Math.clamp(n, COUNT, BLOCK);
        float[] copies = Scratch.floats(slot, length);
        Arrays.fill(copies, 0, length, value);
        return copies;
    }

    private static Loop loopOf(BinaryOp op) {
        return switch (op) {
            case ADD -> BinaryKernel::add;
            case SUB -> BinaryKernel::sub;
            case MUL -> BinaryKernel::mul;
            case DIV -> BinaryKernel::div;
            case POW -> BinaryKernel::pow;
            case MIN -> BinaryKernel::min;
            case MAX -> BinaryKernel::max;
            case SOFT_THRESHOLD -> BinaryKernel::softThreshold;
            case RELU_GRADIENT -> BinaryKernel::reluGradient;
            case SIGMOID_GRADIENT -> BinaryKernel::sigmoidGradient;
            case TANH_GRADIENT -> BinaryKernel::tanhGradient;
            case GELU_GRADIENT -> BinaryKernel::geluGradient;
            case SILU_GRADIENT -> BinaryKernel::siluGradient;
            case EQ, NE, LT, LE, GT, GE, AND, OR, XOR ->
                throw new IllegalArgumentException("BinaryKernel: the result of " + op + " is a truth value");
        };
    }

    private static void add(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, a, ao + i))
                    .add(fromArray(FLOATS, b, bo + i))
                    .intoArray(y, yo + i);
        }
    }

    private static void sub(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, a, ao + i))
                    .sub(fromArray(FLOATS, b, bo + i))
                    .intoArray(y, yo + i);
        }
    }

    private static void mul(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, a, ao + i))
                    .mul(fromArray(FLOATS, b, bo + i))
                    .intoArray(y, yo + i);
        }
    }

    private static void div(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, a, ao + i))
                    .div(fromArray(FLOATS, b, bo + i))
                    .intoArray(y, yo + i);
        }
    }

    private static void min(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, a, ao + i))
                    .min(fromArray(FLOATS, b, bo + i))
                    .intoArray(y, yo + i);
        }
    }

    private static void max(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, a, ao + i))
                    .max(fromArray(FLOATS, b, bo + i))
                    .intoArray(y, yo + i);
        }
    }

    /** In double precision, element by element: powers are rare, and float intermediates lose too many digits. */
    private static void pow(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i++) {
            y[yo + i] = (float) Math.pow(a[ao + i], b[bo + i]);
        }
    }

    private static void softThreshold(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector w = VECTOR.cast(fromArray(FLOATS, a, ao + i));
            FloatVector over = w.abs().sub(fromArray(FLOATS, b, bo + i));
            FloatVector sign = w.blend(1f, w.compare(GT, 0f)).blend(-1f, w.compare(LT, 0f));
            over.blend(0f, over.compare(LE, 0f)).mul(sign).intoArray(y, yo + i);
        }
    }

    private static void reluGradient(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += COUNT) {
            zero.blend(
                            fromArray(FLOATS, a, ao + i),
                            fromArray(FLOATS, b, bo + i).compare(GT, 0f))
                    .intoArray(y, yo + i);
        }
    }

    private static void sigmoidGradient(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector s = fromArray(FLOATS, b, bo + i);
            VECTOR.cast(fromArray(FLOATS, a, ao + i)).mul(s).mul(one.sub(s)).intoArray(y, yo + i);
        }
    }

    private static void tanhGradient(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector t = VECTOR.cast(fromArray(FLOATS, b, bo + i));
            VECTOR.cast(fromArray(FLOATS, a, ao + i)).mul(t.neg().fma(t, one)).intoArray(y, yo + i);
        }
    }

    private static void geluGradient(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        float[] slope = Scratch.floats(Scratch.FUNCTION, n);
        VectorMath.geluDerivative(b, bo, slope, 0, n);
        mul(a, ao, slope, 0, y, yo, n);
    }

    private static void siluGradient(float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        float[] slope = Scratch.floats(Scratch.FUNCTION, n);
        VectorMath.siluDerivative(b, bo, slope, 0, n);
        mul(a, ao, slope, 0, y, yo, n);
    }
}
