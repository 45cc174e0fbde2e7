package espalier.sparsity.export;

/** The function of each element that follows an operation, done where the result lies. */
public enum Nonlinearity {
    /** None. */
    NONE,
    /** max(x, 0). */
    RELU,
    /** x where positive, else 0.01·x. */
    LEAKY_RELU,
    /** 1/(1+e<sup>−x</sup>). */
    SIGMOID,
    /** Hyperbolic tangent. */
    TANH,
    /** x·Φ(x). */
    GELU,
    /** x·sigmoid(x). */
    SILU,
    /** log(1+e<sup>x</sup>). */
    SOFTPLUS;

    /** The slope of {@link #LEAKY_RELU} below zero. */
    public static final double LEAK = 0.01;
}
