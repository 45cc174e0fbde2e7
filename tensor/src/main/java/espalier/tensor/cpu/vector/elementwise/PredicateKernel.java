package espalier.tensor.cpu.vector.elementwise;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.spi.BinaryOp;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.VectorOperators;

/**
 * y[i] = 1 if op(a[i], b[i]) holds, else 0, for runs of floats: the comparisons and logical operations of
 * {@link BinaryOp}, with bytes as their result.
 *
 * <p>A comparison of vectors gives one bit a lane. {@link Long#expand} spreads eight bits over eight bytes.
 */
final class PredicateKernel {
    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long LOW_BITS = 0x0101010101010101L;

    private PredicateKernel() {}

    /** A loop over whole vectors, and whole groups of eight results. */
    private interface Loop {
        void run(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n);
    }

    /**
     * Applies {@code op} to {@code n} pairs.
     *
     * @param as stride of {@code a}: 1, or 0 for one number
     * @param bs stride of {@code b}: 1, or 0 for one number
     * @throws IllegalArgumentException if {@code op} is no predicate
     */
    static void run(BinaryOp op, float[] a, int ao, int as, float[] b, int bo, int bs, byte[] y, int yo, int n) {
        if (n == 0) {
            return;
        }
        Loop loop = loopOf(op);
        int whole = n & -Math.max(8, COUNT);
        float[] u = as == 0 ? BinaryKernel.repeated(a[ao], n, Scratch.OPERAND) : a;
        float[] v = bs == 0 ? BinaryKernel.repeated(b[bo], n, Scratch.OPERAND_2) : b;
        for (int i = 0; i < whole; i += VectorMath.BLOCK) {
            loop.run(u, as * (ao + i), v, bs * (bo + i), y, yo + i, Math.min(VectorMath.BLOCK, whole - i));
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] = (byte) op.apply(a[ao + as * i], b[bo + bs * i]);
        }
    }

    private static Loop loopOf(BinaryOp op) {
        return switch (op) {
            case EQ -> PredicateKernel::equal;
            case NE -> PredicateKernel::notEqual;
            case LT -> PredicateKernel::less;
            case LE -> PredicateKernel::lessOrEqual;
            case GT -> PredicateKernel::greater;
            case GE -> PredicateKernel::greaterOrEqual;
            case AND -> PredicateKernel::and;
            case OR -> PredicateKernel::or;
            case XOR -> PredicateKernel::xor;
            case ADD, SUB, MUL, DIV, POW, MIN, MAX, SOFT_THRESHOLD ->
                throw new IllegalArgumentException("PredicateKernel: the result of " + op + " is a number");
            case RELU_GRADIENT, SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT ->
                throw new IllegalArgumentException("PredicateKernel: the result of " + op + " is a number");
        };
    }

    /** Writes the low {@code COUNT} bits as bytes. On a machine of four lanes two calls share eight bytes. */
    private static void put(long bits, byte[] y, int yo, int i) {
        if (COUNT >= 8) {
            EIGHT_BYTES.set(y, yo + i, Long.expand(bits, LOW_BITS));
            if (COUNT == 16) {
                EIGHT_BYTES.set(y, yo + i + 8, Long.expand(bits >>> 8, LOW_BITS));
            }
            return;
        }
        for (int j = 0; j < COUNT; j++) {
            y[yo + i + j] = (byte) (bits >>> j & 1);
        }
    }

    private static void equal(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var holds = fromArray(FLOATS, a, ao + i).compare(VectorOperators.EQ, fromArray(FLOATS, b, bo + i));
            put(holds.toLong(), y, yo, i);
        }
    }

    private static void notEqual(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var holds = fromArray(FLOATS, a, ao + i).compare(VectorOperators.NE, fromArray(FLOATS, b, bo + i));
            put(holds.toLong(), y, yo, i);
        }
    }

    private static void less(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var holds = fromArray(FLOATS, a, ao + i).compare(VectorOperators.LT, fromArray(FLOATS, b, bo + i));
            put(holds.toLong(), y, yo, i);
        }
    }

    private static void lessOrEqual(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var holds = fromArray(FLOATS, a, ao + i).compare(VectorOperators.LE, fromArray(FLOATS, b, bo + i));
            put(holds.toLong(), y, yo, i);
        }
    }

    private static void greater(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var holds = fromArray(FLOATS, a, ao + i).compare(VectorOperators.GT, fromArray(FLOATS, b, bo + i));
            put(holds.toLong(), y, yo, i);
        }
    }

    private static void greaterOrEqual(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var holds = fromArray(FLOATS, a, ao + i).compare(VectorOperators.GE, fromArray(FLOATS, b, bo + i));
            put(holds.toLong(), y, yo, i);
        }
    }

    private static void and(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var p = fromArray(FLOATS, a, ao + i).compare(VectorOperators.NE, 0f);
            var q = fromArray(FLOATS, b, bo + i).compare(VectorOperators.NE, 0f);
            put(p.and(q).toLong(), y, yo, i);
        }
    }

    private static void or(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var p = fromArray(FLOATS, a, ao + i).compare(VectorOperators.NE, 0f);
            var q = fromArray(FLOATS, b, bo + i).compare(VectorOperators.NE, 0f);
            put(p.or(q).toLong(), y, yo, i);
        }
    }

    private static void xor(float[] a, int ao, float[] b, int bo, byte[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var p = fromArray(FLOATS, a, ao + i).compare(VectorOperators.NE, 0f);
            var q = fromArray(FLOATS, b, bo + i).compare(VectorOperators.NE, 0f);
            put(p.xor(q).toLong(), y, yo, i);
        }
    }
}
