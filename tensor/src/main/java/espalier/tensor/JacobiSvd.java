package espalier.tensor;

import java.util.Arrays;
import java.util.Comparator;

/**
 * Singular values by one-sided Jacobi rotations (Hestenes 1958; Golub and Van Loan, Matrix Computations, 8.6.3).
 *
 * <p>The columns of a tall matrix A are turned against each other, two at a time, until all are orthogonal: {@code A·V
 * = W}. Then the lengths of the columns of W are the singular values, its directions are U, and {@code A =
 * U·diag(s)·Vᵀ}. One loop, and small singular values come out as exact as large ones.
 */
final class JacobiSvd {
    private static final double EPSILON = 0x1p-52;

    /** Sweeps over all pairs; ten are many. */
    private static final int MOST_SWEEPS = 60;

    /** Columns shorter than this part of the largest entry count as zero: their squares would underflow. */
    private static final double TINY = 1e-150;

    /** The columns of U, those of the largest singular values first. */
    final double[][] u;

    /** The singular values, from the largest down. */
    final double[] s;

    /** The columns of V, in the same order. */
    final double[][] v;

    /** Decomposes a matrix given by its columns, no more of them than rows; they are overwritten. */
    JacobiSvd(double[][] columns, int rows) {
        int n = columns.length;
        double scale = scaleDown(columns);
        Pair[] pairs = new Pair[n];
        for (int j = 0; j < n; j++) {
            double[] unit = new double[n];
            unit[j] = 1;
            pairs[j] = new Pair(columns[j], unit);
        }
        boolean rotated = true;
        for (int sweep = 0; rotated; sweep++) {
            if (sweep == MOST_SWEEPS) {
                throw new ArithmeticException("svd: no convergence after " + MOST_SWEEPS + " sweeps");
            }
            // Longest first: fewer sweeps (de Rijk 1989), and the result comes out sorted.
            Arrays.sort(pairs, Comparator.comparingDouble((Pair p) -> -p.squaredLength()));
            rotated = sweep(pairs, Math.sqrt(rows) * EPSILON);
        }
        this.u = new double[n][];
        this.s = new double[n];
        this.v = new double[n][];
        for (int j = 0; j < n; j++) {
            double length = Math.sqrt(pairs[j].squaredLength());
            s[j] = length < TINY ? 0 : length * scale;
            u[j] = length < TINY ? completion(u, j, rows) : scaled(pairs[j].w, 1 / length);
            v[j] = pairs[j].v;
            if (largest(u[j]) < 0) {
                u[j] = scaled(u[j], -1);
                v[j] = scaled(v[j], -1);
            }
        }
    }

    /** A column of W and, turned along with it, one of V. */
    private record Pair(double[] w, double[] v) {
        double squaredLength() {
            return dot(w, w);
        }
    }

    /** Divides by a power of two so that no square overflows; returns it. */
    private static double scaleDown(double[][] columns) {
        double most = 0;
        for (double[] column : columns) {
            for (double x : column) {
                most = Math.max(most, Math.abs(x));
            }
        }
        double scale = most == 0 ? 1 : Math.scalb(1.0, Math.max(Math.getExponent(most), -1000));
        for (double[] column : columns) {
            for (int i = 0; i < column.length; i++) {
                column[i] /= scale;
            }
        }
        return scale;
    }

    /** Turns each pair of columns that is not yet orthogonal within {@code tolerance}; whether there was one. */
    private static boolean sweep(Pair[] pairs, double tolerance) {
        boolean rotated = false;
        for (int p = 0; p < pairs.length - 1; p++) {
            for (int q = p + 1; q < pairs.length; q++) {
                double alpha = pairs[p].squaredLength();
                double beta = pairs[q].squaredLength();
                double gamma = dot(pairs[p].w, pairs[q].w);
                if (Math.min(alpha, beta) < TINY * TINY
                        || Math.abs(gamma) <= tolerance * Math.sqrt(alpha) * Math.sqrt(beta)) {
                    continue;
                }
                // The rotation that zeroes the inner product gamma, the smaller of its two angles.
                double zeta = (beta - alpha) / (2 * gamma);
                double tangent = Math.copySign(1, zeta) / (Math.abs(zeta) + Math.hypot(1, zeta));
                double cosine = 1 / Math.sqrt(1 + tangent * tangent);
                rotate(pairs[p].w, pairs[q].w, cosine, cosine * tangent);
                rotate(pairs[p].v, pairs[q].v, cosine, cosine * tangent);
                rotated = true;
            }
        }
        return rotated;
    }

    private static void rotate(double[] x, double[] y, double cosine, double sine) {
        for (int i = 0; i < x.length; i++) {
            double a = x[i];
            double b = y[i];
            x[i] = cosine * a - sine * b;
            y[i] = sine * a + cosine * b;
        }
    }

    /** Four sums side by side, so that one addition need not wait for the last. */
    static double dot(double[] x, double[] y) {
        double s0 = 0;
        double s1 = 0;
        double s2 = 0;
        double s3 = 0;
        int i = 0;
        for (; i + 4 <= x.length; i += 4) {
            s0 += x[i] * y[i];
            s1 += x[i + 1] * y[i + 1];
            s2 += x[i + 2] * y[i + 2];
            s3 += x[i + 3] * y[i + 3];
        }
        for (; i < x.length; i++) {
            s0 += x[i] * y[i];
        }
        return (s0 + s1) + (s2 + s3);
    }

    /**
     * A unit vector orthogonal to the first {@code known} columns: the axis they reach least, made orthogonal twice.
     */
    private static double[] completion(double[][] columns, int known, int rows) {
        int axis = 0;
        double least = Double.POSITIVE_INFINITY;
        for (int i = 0; i < rows; i++) {
            double reach = 0;
            for (int j = 0; j < known; j++) {
                reach += columns[j][i] * columns[j][i];
            }
            if (reach < least) {
                least = reach;
                axis = i;
            }
        }
        double[] vector = new double[rows];
        vector[axis] = 1;
        for (int pass = 0; pass < 2; pass++) {
            for (int j = 0; j < known; j++) {
                double along = dot(vector, columns[j]);
                for (int i = 0; i < rows; i++) {
                    vector[i] -= along * columns[j][i];
                }
            }
        }
        return scaled(vector, 1 / Math.sqrt(dot(vector, vector)));
    }

    private static double[] scaled(double[] vector, double factor) {
        double[] out = new double[vector.length];
        Arrays.setAll(out, i -> vector[i] * factor);
        return out;
    }

    /** The entry of largest magnitude, the first of equals. */
    private static double largest(double[] vector) {
        double most = 0;
        for (double x : vector) {
            if (Math.abs(x) > Math.abs(most)) {
                most = x;
            }
        }
        return most;
    }
}
