package espalier.tensor.cpu.vector.elementwise;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.UnaryOp;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * y[i] = op(x[i]) over runs of floats: the vector form of {@link UnaryOp#apply}.
 *
 * <p>Every kernel is one loop over whole vectors. What is left over is copied to an array of one vector and goes
 * through the same loop, so that an element's result does not depend on where it stands in the run. {@code x} and
 * {@code y} may be the same run.
 */
public final class UnaryKernel {
    private static final int SIGN_BIT = 0x80000000;

    private UnaryKernel() {}

    /** A loop over whole vectors, at most {@link VectorMath#BLOCK} elements. */
    private interface Loop {
        public void run(float[] x, int xo, float[] y, int yo, int n);
    }

    /** Applies {@code op} to {@code n} elements from {@code x[xo]}, into {@code y} from {@code yo}. */
    public static void run(UnaryOp op, float[] x, int xo, float[] y, int yo, int n) {
        Loop loop = loopOf(op);
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += VectorMath.BLOCK) {
            loop.run(x, xo + i, y, yo + i, Math.min(VectorMath.BLOCK, whole - i));
        }
        if (whole < n) {
            float[] rest = Lanes.rest(x, xo + whole, n - whole, Scratch.REST);
            loop.run(rest, 0, rest, 0, COUNT);
            System.arraycopy(rest, 0, y, yo + whole, n - whole);
        }
    }

    private static Loop loopOf(UnaryOp op) {
        return switch (op) {
            case NEG -> UnaryKernel::neg;
            case ABS -> UnaryKernel::abs;
            case SIGN -> UnaryKernel::sign;
            case EXP -> VectorMath::exp;
            case LOG -> VectorMath::log;
            case SQRT -> UnaryKernel::sqrt;
            case RSQRT -> UnaryKernel::rsqrt;
            case RECIPROCAL -> UnaryKernel::reciprocal;
            case SQUARE -> UnaryKernel::square;
            case SIGMOID -> VectorMath::sigmoid;
            case TANH -> VectorMath::tanh;
            case RELU -> UnaryKernel::relu;
            case GELU -> VectorMath::gelu;
            case SILU -> VectorMath::silu;
            case SOFTPLUS -> VectorMath::softplus;
            case FLOOR -> UnaryKernel::floor;
            case ROUND -> UnaryKernel::round;
            case ERF -> VectorMath::erf;
            case NOT -> UnaryKernel::not;
        };
    }

    private static void neg(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i)).neg().intoArray(y, yo + i);
        }
    }

    private static void abs(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i)).abs().intoArray(y, yo + i);
        }
    }

    private static void sign(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = fromArray(FLOATS, x, xo + i);
            v.blend(1f, v.compare(GT, 0f)).blend(-1f, v.compare(LT, 0f)).intoArray(y, yo + i);
        }
    }

    private static void sqrt(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i)).sqrt().intoArray(y, yo + i);
        }
    }

    private static void rsqrt(float[] x, int xo, float[] y, int yo, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += COUNT) {
            one.div(VECTOR.cast(fromArray(FLOATS, x, xo + i)).sqrt()).intoArray(y, yo + i);
        }
    }

    private static void reciprocal(float[] x, int xo, float[] y, int yo, int n) {
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += COUNT) {
            one.div(fromArray(FLOATS, x, xo + i)).intoArray(y, yo + i);
        }
    }

    private static void square(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            v.mul(v).intoArray(y, yo + i);
        }
    }

    private static void relu(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = fromArray(FLOATS, x, xo + i);
            v.blend(0f, v.compare(LE, 0f)).intoArray(y, yo + i); // NaN stays
        }
    }

    /** A float near 2²³ has no fraction, so adding that much and taking it away again rounds, ties to even. */
    private static void round(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            IntVector sign = v.reinterpretAsInts().and(SIGN_BIT);
            FloatVector large = sign.or(0x4B000000).reinterpretAsFloats(); // ±2²³
            FloatVector rounded =
                    v.add(large).sub(large).reinterpretAsInts().or(sign).reinterpretAsFloats();
            v.blend(rounded, v.abs().compare(LT, 0x1p23f)).intoArray(y, yo + i);
        }
    }

    /** The nearest integer, less one if it is above x. */
    private static void floor(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            IntVector sign = v.reinterpretAsInts().and(SIGN_BIT);
            FloatVector large = sign.or(0x4B000000).reinterpretAsFloats(); // ±2²³
            FloatVector rounded =
                    v.add(large).sub(large).reinterpretAsInts().or(sign).reinterpretAsFloats();
            rounded = v.blend(rounded, v.abs().compare(LT, 0x1p23f));
            rounded.blend(rounded.sub(1f), rounded.compare(GT, v)).intoArray(y, yo + i);
        }
    }

    private static void not(float[] x, int xo, float[] y, int yo, int n) {
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += COUNT) {
            zero.blend(1f, fromArray(FLOATS, x, xo + i).compare(EQ, 0f)).intoArray(y, yo + i);
        }
    }
}
