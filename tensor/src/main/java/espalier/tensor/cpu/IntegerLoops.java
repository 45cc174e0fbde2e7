package espalier.tensor.cpu;

import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.UnaryOp;

/**
 * Operations on blocks of longs: the choice of the operation outside, a plain loop that the compiler turns into vector
 * instructions inside. What is rare goes through the definition of the operation, an element at a time.
 */
final class IntegerLoops {
    private IntegerLoops() {}

    /** {@code y[i] = op(x[i])}; y may be x. */
    static void unary(UnaryOp op, long[] x, long[] y, int n) {
        switch (op) {
            case NEG -> {
                for (int i = 0; i < n; i++) {
                    y[i] = -x[i];
                }
            }
            case ABS -> {
                for (int i = 0; i < n; i++) {
                    y[i] = Math.abs(x[i]);
                }
            }
            case SQUARE -> {
                for (int i = 0; i < n; i++) {
                    y[i] = x[i] * x[i];
                }
            }
            case RELU -> {
                for (int i = 0; i < n; i++) {
                    y[i] = x[i] & ~(x[i] >> 63);
                }
            }
            case SIGN -> {
                for (int i = 0; i < n; i++) {
                    y[i] = (x[i] >> 63) | (-x[i] >>> 63);
                }
            }
            case NOT -> {
                for (int i = 0; i < n; i++) {
                    y[i] = 1 ^ truth(x[i]);
                }
            }
            case FLOOR, ROUND -> System.arraycopy(x, 0, y, 0, n);
            case EXP, LOG, SQRT, RSQRT, RECIPROCAL, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ERF -> {
                for (int i = 0; i < n; i++) {
                    y[i] = op.applyInteger(x[i]);
                }
            }
        }
    }

    /** {@code y[i] = op(a[i], b[i])}; y may be a or b. */
    static void binary(BinaryOp op, long[] a, long[] b, long[] y, int n) {
        switch (op) {
            case ADD -> {
                for (int i = 0; i < n; i++) {
                    y[i] = a[i] + b[i];
                }
            }
            case SUB -> {
                for (int i = 0; i < n; i++) {
                    y[i] = a[i] - b[i];
                }
            }
            case MUL -> {
                for (int i = 0; i < n; i++) {
                    y[i] = a[i] * b[i];
                }
            }
            case MIN -> {
                for (int i = 0; i < n; i++) {
                    y[i] = Math.min(a[i], b[i]);
                }
            }
            case MAX -> {
                for (int i = 0; i < n; i++) {
                    y[i] = Math.max(a[i], b[i]);
                }
            }
            case EQ -> {
                for (int i = 0; i < n; i++) {
                    y[i] = 1 ^ truth(a[i] ^ b[i]);
                }
            }
            case NE -> {
                for (int i = 0; i < n; i++) {
                    y[i] = truth(a[i] ^ b[i]);
                }
            }
            case LT -> {
                for (int i = 0; i < n; i++) {
                    y[i] = less(a[i], b[i]);
                }
            }
            case GE -> {
                for (int i = 0; i < n; i++) {
                    y[i] = 1 ^ less(a[i], b[i]);
                }
            }
            case GT -> {
                for (int i = 0; i < n; i++) {
                    y[i] = less(b[i], a[i]);
                }
            }
            case LE -> {
                for (int i = 0; i < n; i++) {
                    y[i] = 1 ^ less(b[i], a[i]);
                }
            }
            case AND -> {
                for (int i = 0; i < n; i++) {
                    y[i] = truth(a[i]) & truth(b[i]);
                }
            }
            case OR -> {
                for (int i = 0; i < n; i++) {
                    y[i] = truth(a[i] | b[i]);
                }
            }
            case XOR -> {
                for (int i = 0; i < n; i++) {
                    y[i] = truth(a[i]) ^ truth(b[i]);
                }
            }
            case DIV,
                    POW,
                    SOFT_THRESHOLD,
                    RELU_GRADIENT,
                    SIGMOID_GRADIENT,
                    TANH_GRADIENT,
                    GELU_GRADIENT,
                    SILU_GRADIENT -> {
                for (int i = 0; i < n; i++) {
                    y[i] = op.applyInteger(a[i], b[i]);
                }
            }
        }
    }

    /** {@code so} after the elements of x. */
    static long fold(ReduceOp op, long so, long[] x, int n) {
        long result = so;
        switch (op) {
            case SUM -> {
                for (int i = 0; i < n; i++) {
                    result += x[i];
                }
            }
            case COUNT_NONZERO -> {
                for (int i = 0; i < n; i++) {
                    result += truth(x[i]);
                }
            }
            case MIN -> {
                for (int i = 0; i < n; i++) {
                    result = Math.min(result, x[i]);
                }
            }
            case MAX -> {
                for (int i = 0; i < n; i++) {
                    result = Math.max(result, x[i]);
                }
            }
            case SUM_OF_SQUARES, PROD, ANY, ALL -> {
                for (int i = 0; i < n; i++) {
                    result = op.accumulateInteger(result, x[i]);
                }
            }
        }
        return result;
    }

    /** {@code so[i] = op(so[i], x[i])}: one element more for each of many results. */
    static void foldEach(ReduceOp op, long[] so, int at, long[] x, int n) {
        if (op == ReduceOp.SUM) {
            for (int i = 0; i < n; i++) {
                so[at + i] += x[i];
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            so[at + i] = op.accumulateInteger(so[at + i], x[i]);
        }
    }

    /** 1 unless x is 0: of x and −x one has the sign bit. No branch, so that the loop becomes vector instructions. */
    private static long truth(long x) {
        return (x | -x) >>> 63;
    }

    /**
     * 1 if a &lt; b: a alone is negative, or the signs agree and the difference, which then cannot wrap, is negative.
     */
    private static long less(long a, long b) {
        return ((a & ~b) | (~(a ^ b) & (a - b))) >>> 63;
    }
}
