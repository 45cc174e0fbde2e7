package espalier.tensor.spi;

import espalier.tensor.DType;

/**
 * An operation on two numbers, applied to every pair of elements after broadcasting.
 *
 * <p>{@link #apply} is the definition, in double precision; {@link #applyInteger} is that on integers. The gradient ops
 * take the incoming gradient {@code g} first, so that a fused backward pass is one walk over memory.
 */
public enum BinaryOp {
    /** a + b. */
    ADD,
    /** a − b. */
    SUB,
    /** a·b. */
    MUL,
    /** a/b; integers divide towards zero, and give 0 where b is 0. */
    DIV,
    /** a<sup>b</sup>. */
    POW,
    /** The smaller; NaN if either is. */
    MIN,
    /** The larger; NaN if either is. */
    MAX,
    /** a = b. */
    EQ,
    /** a ≠ b. */
    NE,
    /** a &lt; b. */
    LT,
    /** a ≤ b. */
    LE,
    /** a &gt; b. */
    GT,
    /** a ≥ b. */
    GE,
    /** Both differ from 0. */
    AND,
    /** At least one differs from 0. */
    OR,
    /** Exactly one differs from 0. */
    XOR,
    /** sign(a)·max(|a|−b, 0): the soft threshold of STR (Kusupati et al. 2020, equation 1). */
    SOFT_THRESHOLD,
    /** Gradient of relu, from its output: g where y &gt; 0, else 0. Called (g, y). */
    RELU_GRADIENT,
    /** Gradient of sigmoid, from its output: g·y·(1−y). Called (g, y). */
    SIGMOID_GRADIENT,
    /** Gradient of tanh, from its output: g·(1−y²). Called (g, y). */
    TANH_GRADIENT,
    /** Gradient of gelu, from its input: g·(Φ(x) + x·φ(x)). Called (g, x). */
    GELU_GRADIENT,
    /** Gradient of silu, from its input: g·σ(x)·(1 + x·(1−σ(x))). Called (g, x). */
    SILU_GRADIENT;

    /** Whether the result is a truth value, and so of type {@link DType#BOOL}. */
    public boolean isPredicate() {
        return switch (this) {
            case EQ, NE, LT, LE, GT, GE, AND, OR, XOR -> true;
            case ADD, SUB, MUL, DIV, POW, MIN, MAX, SOFT_THRESHOLD -> false;
            case RELU_GRADIENT, SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT -> false;
        };
    }

    /** The operation on one pair; predicates answer 1 or 0. */
    public double apply(double a, double b) {
        return switch (this) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> a / b;
            case POW -> Math.pow(a, b);
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case EQ -> a == b ? 1 : 0;
            case NE -> a != b ? 1 : 0;
            case LT -> a < b ? 1 : 0;
            case LE -> a <= b ? 1 : 0;
            case GT -> a > b ? 1 : 0;
            case GE -> a >= b ? 1 : 0;
            case AND -> a != 0 && b != 0 ? 1 : 0;
            case OR -> a != 0 || b != 0 ? 1 : 0;
            case XOR -> (a != 0) != (b != 0) ? 1 : 0;
            case SOFT_THRESHOLD -> Math.signum(a) * Math.max(Math.abs(a) - b, 0);
            case RELU_GRADIENT -> b > 0 ? a : 0;
            case SIGMOID_GRADIENT -> a * b * (1 - b);
            case TANH_GRADIENT -> a * (1 - b * b);
            case GELU_GRADIENT ->
                a * (SpecialFunctions.normalCdf(b) + b * Math.exp(-0.5 * b * b) / Math.sqrt(2 * Math.PI));
            case SILU_GRADIENT -> a * UnaryOp.sigmoid(b) * (1 + b * (1 - UnaryOp.sigmoid(b)));
        };
    }

    /** Whether it has a meaning on integers; the other operations need a type with fractions. */
    public boolean takesIntegers() {
        return switch (this) {
            case ADD, SUB, MUL, DIV, POW, MIN, MAX, EQ, NE, LT, LE, GT, GE, AND, OR, XOR -> true;
            case SOFT_THRESHOLD, RELU_GRADIENT -> true;
            case SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT -> false;
        };
    }

    /**
     * The operation on a pair of integers, in two's complement of 64 bits. {@link DType#cut} makes a result of a
     * shorter type of it. Predicates answer 1 or 0.
     *
     * @throws IllegalArgumentException if the operation does not take integers
     */
    public long applyInteger(long a, long b) {
        return switch (this) {
            case ADD -> a + b;
            case SUB -> a - b;
            case MUL -> a * b;
            case DIV -> b == 0 ? 0 : a / b;
            case POW -> power(a, b);
            case MIN -> Math.min(a, b);
            case MAX -> Math.max(a, b);
            case EQ -> a == b ? 1 : 0;
            case NE -> a != b ? 1 : 0;
            case LT -> a < b ? 1 : 0;
            case LE -> a <= b ? 1 : 0;
            case GT -> a > b ? 1 : 0;
            case GE -> a >= b ? 1 : 0;
            case AND -> a != 0 && b != 0 ? 1 : 0;
            case OR -> a != 0 || b != 0 ? 1 : 0;
            case XOR -> (a != 0) != (b != 0) ? 1 : 0;
            case SOFT_THRESHOLD -> Long.signum(a) * Math.max(Math.abs(a) - b, 0);
            case RELU_GRADIENT -> b > 0 ? a : 0;
            case SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT ->
                throw new IllegalArgumentException(this + " has no meaning on integers");
        };
    }

    /** a<sup>b</sup> by repeated squaring; a negative b is the reciprocal, cut towards zero. */
    private static long power(long a, long b) {
        if (b < 0) {
            return a == 1 || (a == -1 && b % 2 == 0) ? 1 : a == -1 ? -1 : 0;
        }
        long result = 1;
        long square = a;
        for (long bits = b; bits != 0; bits >>= 1) {
            if ((bits & 1) == 1) {
                result *= square;
            }
            square *= square;
        }
        return result;
    }
}
