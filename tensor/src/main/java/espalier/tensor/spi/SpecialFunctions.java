package espalier.tensor.spi;

/** Functions that {@link Math} lacks. */
final class SpecialFunctions {
    private SpecialFunctions() {}

    /**
     * The error function to about 1e-16, by its Taylor series near 0 and the continued fraction of erfc far from it
     * (Abramowitz and Stegun 7.1.5 and 7.1.14).
     */
    static double erf(double x) {
        double a = Math.abs(x);
        if (Double.isNaN(x)) {
            return x;
        }
        return Math.copySign(a < 2.5 ? series(a) : 1 - complement(a), x);
    }

    /** Φ(x), the distribution function of the normal distribution: exact also far to the left, where 1 + erf is not. */
    static double normalCdf(double x) {
        double a = Math.abs(x) / Math.sqrt(2);
        double tail = (a < 2.5 ? 1 - series(a) : complement(a)) / 2;
        return x < 0 ? tail : 1 - tail;
    }

    /** 2/√π · Σ (−1)ⁿ x²ⁿ⁺¹ / (n!·(2n+1)), summed as e^(−x²)·Σ 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)): no cancellation. */
    private static double series(double x) {
        double term = x;
        double sum = x;
        for (int n = 1; term > 1e-18 * sum; n++) {
            term *= 2 * x * x / (2 * n + 1);
            sum += term;
        }
        return 2 / Math.sqrt(Math.PI) * Math.exp(-x * x) * sum;
    }

    /** erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))), evaluated from the inside out. */
    private static double complement(double x) {
        if (x > 27) {
            return 0;
        }
        double tail = x;
        for (int n = 100; n >= 1; n--) {
            tail = x + n / 2.0 / tail;
        }
        return Math.exp(-x * x) / Math.sqrt(Math.PI) / tail;
    }
}
