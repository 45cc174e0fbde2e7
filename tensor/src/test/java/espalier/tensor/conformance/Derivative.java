package espalier.tensor.conformance;

import java.util.function.UnaryOperator;

/** Gradients by central differences in double precision: an oracle that knows no formula for them. */
final class Derivative {
    private static final double STEP = 1e-5;

    private Derivative() {}

    /** The gradient of {@code Σ g·f(x)} to {@code x}, to about 1e-9 for smooth functions of moderate size. */
    static double[] of(UnaryOperator<double[]> f, double[] x, double[] g) {
        double[] gradient = new double[x.length];
        double[] moved = x.clone();
        for (int i = 0; i < x.length; i++) {
            moved[i] = x[i] + STEP;
            double above = dot(g, f.apply(moved));
            moved[i] = x[i] - STEP;
            double below = dot(g, f.apply(moved));
            moved[i] = x[i];
            gradient[i] = (above - below) / (2 * STEP);
        }
        return gradient;
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }
}
