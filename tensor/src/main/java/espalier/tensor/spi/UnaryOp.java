package espalier.tensor.spi;

import espalier.tensor.DType;

/**
 * An operation on one number, applied to every element.
 *
 * <p>{@link #apply} is the definition, in double precision: the textbook against which every back end is tested;
 * {@link #applyInteger} is that on integers.
 */
public enum UnaryOp {
    /** −x. */
    NEG,
    /** |x|. */
    ABS,
    /** −1, 0 or 1; keeps the sign of zero and NaN. */
    SIGN,
    /** e<sup>x</sup>. */
    EXP,
    /** Natural logarithm; −∞ at 0, NaN below. */
    LOG,
    /** √x. */
    SQRT,
    /** 1/√x. */
    RSQRT,
    /** 1/x. */
    RECIPROCAL,
    /** x². */
    SQUARE,
    /** 1/(1+e<sup>−x</sup>). */
    SIGMOID,
    /** Hyperbolic tangent. */
    TANH,
    /** max(x, 0). */
    RELU,
    /** x·Φ(x), exact form with erf (Hendrycks and Gimpel 2016). */
    GELU,
    /** x·sigmoid(x). */
    SILU,
    /** log(1+e<sup>x</sup>), in a form that does not overflow. */
    SOFTPLUS,
    /** Largest integer not above x. */
    FLOOR,
    /** Nearest integer, ties to the even one. */
    ROUND,
    /** The error function. */
    ERF,
    /** 1 where x is 0, else 0: the logical not. */
    NOT;

    /** The operation on one number. */
    public double apply(double x) {
        return switch (this) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Math.signum(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case RSQRT -> 1 / Math.sqrt(x);
            case RECIPROCAL -> 1 / x;
            case SQUARE -> x * x;
            case SIGMOID -> sigmoid(x);
            case TANH -> Math.tanh(x);
            case RELU -> Math.max(x, 0);
            case GELU -> x * SpecialFunctions.normalCdf(x);
            case SILU -> x == Double.NEGATIVE_INFINITY ? 0 : x * sigmoid(x);
            case SOFTPLUS -> Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
            case FLOOR -> Math.floor(x);
            case ROUND -> Math.rint(x);
            case ERF -> SpecialFunctions.erf(x);
            case NOT -> x == 0 ? 1 : 0;
        };
    }

    /** Whether it has a meaning on integers; the other operations need a type with fractions. */
    public boolean takesIntegers() {
        return switch (this) {
            case NEG, ABS, SIGN, SQUARE, RELU, FLOOR, ROUND, NOT -> true;
            case EXP, LOG, SQRT, RSQRT, RECIPROCAL, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ERF -> false;
        };
    }

    /**
     * The operation on an integer, in two's complement of 64 bits. {@link DType#cut} makes a result of a shorter type
     * of it.
     *
     * @throws IllegalArgumentException if the operation does not take integers
     */
    public long applyInteger(long x) {
        return switch (this) {
            case NEG -> -x;
            case ABS -> Math.abs(x);
            case SIGN -> Long.signum(x);
            case SQUARE -> x * x;
            case RELU -> Math.max(x, 0);
            case FLOOR, ROUND -> x;
            case NOT -> x == 0 ? 1 : 0;
            case EXP, LOG, SQRT, RSQRT, RECIPROCAL, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ERF ->
                throw new IllegalArgumentException(this + " has no meaning on integers");
        };
    }

    /** The stable form: the exponential is never of a positive number. */
    static double sigmoid(double x) {
        double e = Math.exp(-Math.abs(x));
        return x >= 0 ? 1 / (1 + e) : e / (1 + e);
    }
}
