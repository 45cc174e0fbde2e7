package espalier.tensor.cpu;

import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;

/**
 * F32 loops for the commonest elementwise operations: a switch outside, one plain loop a case. They exist for JVMs
 * without the Vector API, where a call and a switch an element would cost twenty times as much.
 */
final class FloatLoops {
    private FloatLoops() {}

    /** Whether there is a loop for this operation; if so it has run. */
    static boolean unary(UnaryOp op, float[] x, int xAt, int xStep, float[] y, int yAt, int yStep, int n) {
        switch (op) {
            case NEG -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = -x[xAt + i * xStep];
                }
            }
            case ABS -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = Math.abs(x[xAt + i * xStep]);
                }
            }
            case SQUARE -> {
                for (int i = 0; i < n; i++) {
                    float v = x[xAt + i * xStep];
                    y[yAt + i * yStep] = v * v;
                }
            }
            case RELU -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = Math.max(x[xAt + i * xStep], 0f);
                }
            }
            case SQRT -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = (float) Math.sqrt(x[xAt + i * xStep]);
                }
            }
            case SIGN, EXP, LOG, RSQRT, RECIPROCAL, SIGMOID, TANH, GELU, SILU, SOFTPLUS, FLOOR, ROUND, ERF, NOT -> {
                return false;
            }
        }
        return true;
    }

    /** Whether there is a loop for this operation; if so it has run. Operands 0 and 1, result 2. */
    static boolean binary(BinaryOp op, float[] a, float[] b, float[] y, int[] at, int[] step, int n) {
        int aAt = at[0];
        int bAt = at[1];
        int yAt = at[2];
        int aStep = step[0];
        int bStep = step[1];
        int yStep = step[2];
        switch (op) {
            case ADD -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = a[aAt + i * aStep] + b[bAt + i * bStep];
                }
            }
            case SUB -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = a[aAt + i * aStep] - b[bAt + i * bStep];
                }
            }
            case MUL -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = a[aAt + i * aStep] * b[bAt + i * bStep];
                }
            }
            case DIV -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = a[aAt + i * aStep] / b[bAt + i * bStep];
                }
            }
            case MIN -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = Math.min(a[aAt + i * aStep], b[bAt + i * bStep]);
                }
            }
            case MAX -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = Math.max(a[aAt + i * aStep], b[bAt + i * bStep]);
                }
            }
            case RELU_GRADIENT -> {
                for (int i = 0; i < n; i++) {
                    y[yAt + i * yStep] = b[bAt + i * bStep] > 0 ? a[aAt + i * aStep] : 0;
                }
            }
            case POW, EQ, NE, LT, LE, GT, GE, AND, OR, XOR -> {
                return false;
            }
            case SOFT_THRESHOLD, SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT -> {
                return false;
            }
        }
        return true;
    }
}
