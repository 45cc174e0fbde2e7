package espalier.tensor;

import java.util.Arrays;

/**
 * Linear algebra of small dense matrices: singular values, Cholesky factors, least squares.
 *
 * <p>Takes F32 or F64, computes in {@code double} on the host with plain loops, and returns the type and device it was
 * given. Meant for the matrices of one layer, some hundred rows and columns, not for the inner loop of training.
 *
 * <pre>{@code
 * Tensor a = Tensor.of(new float[] {3, 0, 0, 2, 0, 0}, 3, 2);
 * Linalg.Svd svd = Linalg.svd(a);                                        // s = [3, 2]
 * Tensor again = svd.u().mul(svd.s()).matmul(svd.v().t());               // equals a
 * Tensor x = Linalg.leastSquares(a, Tensor.ones(3), 1e-6);               // minimizes |a·x − 1|² + 1e-6·|x|²
 * }</pre>
 */
public final class Linalg {
    private static final double EPSILON = 0x1p-52;

    private Linalg() {}

    /**
     * The thin singular value decomposition {@code a = u·diag(s)·vᵀ}, with {@code r = min(M, N)}.
     *
     * @param u left singular vectors, {@code [M, r]}, orthonormal columns
     * @param s singular values, {@code [r]}, not negative, from the largest down
     * @param v right singular vectors, {@code [N, r]}, orthonormal columns
     */
    public record Svd(Tensor u, Tensor s, Tensor v) {}

    /**
     * Decomposes {@code a [M, N]} by one-sided Jacobi rotations.
     *
     * <p>Each pair of vectors may change sign together; here the entry of largest magnitude (the first of equals) in
     * each column of the {@code u} of a tall or square matrix is positive, and in each column of {@code v} for a wide
     * one. Vectors of singular values that are zero, or equal, are some orthonormal basis of their space.
     *
     * @throws ShapeException if {@code a} is no matrix
     * @throws IllegalArgumentException if it is neither F32 nor F64, or holds NaN or infinity
     */
    public static Svd svd(Tensor a) {
        double[][] rows = matrix("svd", a);
        int m = a.dim(0);
        int n = a.dim(1);
        int r = Math.min(m, n);
        JacobiSvd jacobi = m < n ? new JacobiSvd(rows, n) : new JacobiSvd(transposed(rows, m, n), m);
        Tensor s = like(a, jacobi.s, Shape.of(r));
        Tensor tall = columns(a, jacobi.u, Math.max(m, n));
        Tensor small = columns(a, jacobi.v, r);
        return m < n ? new Svd(small, s, tall) : new Svd(tall, s, small);
    }

    /**
     * The lower triangular {@code L [N, N]} with positive diagonal and {@code L·Lᵀ = a}. Only the lower triangle of
     * {@code a} is read.
     *
     * @throws ShapeException if {@code a} is not square
     * @throws ArithmeticException naming the pivot that is not positive, if {@code a} is not positive definite within
     *     rounding
     * @throws IllegalArgumentException if it is neither F32 nor F64, or holds NaN or infinity
     */
    public static Tensor cholesky(Tensor a) {
        double[][] l = square("cholesky", a);
        factor("cholesky", l);
        for (int i = 0; i < l.length; i++) {
            Arrays.fill(l[i], i + 1, l.length, 0);
        }
        return like(a, flat(l), a.shape());
    }

    /**
     * Solves {@code spd·x = rhs} for a symmetric positive definite {@code spd [N, N]}, of which only the lower triangle
     * is read, and {@code rhs [N]} or {@code [N, K]}; {@code x} has the shape of {@code rhs}.
     *
     * @throws ShapeException if the shapes do not fit
     * @throws ArithmeticException naming the pivot that is not positive
     * @throws IllegalArgumentException if an operand is neither F32 nor F64, or holds NaN or infinity
     */
    public static Tensor choleskySolve(Tensor spd, Tensor rhs) {
        double[][] l = square("choleskySolve", spd);
        double[][] x = rightHandSide("choleskySolve", spd, rhs);
        factor("choleskySolve", l);
        substitute(l, x);
        return like(rhs, flat(x), rhs.shape());
    }

    /**
     * The {@code x} that minimizes {@code |a·x − b|² + ridge·|x|²}, from the normal equations {@code (aᵀa + ridge·I)·x
     * = aᵀb}.
     *
     * <p>{@code a [M, N]} with {@code b [M]} gives {@code x [N]}, with {@code b [M, K]} gives {@code [N, K]}. Forming
     * {@code aᵀa} squares the condition number; a ridge of, say, a millionth of the diagonal's mean keeps it tame.
     *
     * @throws ShapeException if the shapes do not fit
     * @throws ArithmeticException naming the pivot that is not positive, if columns of {@code a} depend on each other
     *     and {@code ridge} is too small
     * @throws IllegalArgumentException if {@code ridge} is negative or NaN, or an operand is neither F32 nor F64, or
     *     holds NaN or infinity
     */
    public static Tensor leastSquares(Tensor a, Tensor b, double ridge) {
        if (!(ridge >= 0 && ridge < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("leastSquares: ridge " + ridge + " is not a number from 0");
        }
        double[][] rows = matrix("leastSquares", a);
        double[][] targets = rightHandSide("leastSquares", a, b);
        int n = a.dim(1);
        int k = b.rank() == 1 ? 1 : b.dim(1);
        double[][] gram = new double[n][n]; // aᵀa, lower triangle
        double[][] x = new double[n][k]; // aᵀb
        for (int sample = 0; sample < rows.length; sample++) {
            double[] row = rows[sample];
            for (int i = 0; i < n; i++) {
                addScaled(gram[i], row[i], row, i + 1);
                addScaled(x[i], row[i], targets[sample], k);
            }
        }
        for (int i = 0; i < n; i++) {
            gram[i][i] += ridge;
        }
        factor("leastSquares", gram);
        substitute(gram, x);
        return like(b, flat(x), b.rank() == 1 ? Shape.of(n) : Shape.of(n, k));
    }

    /** Overwrites the lower triangle of a symmetric matrix by its Cholesky factor, row by row. */
    private static void factor(String op, double[][] l) {
        for (int i = 0; i < l.length; i++) {
            double diagonal = l[i][i];
            for (int j = 0; j < i; j++) {
                l[i][j] = (l[i][j] - dot(l[i], l[j], j)) / l[j][j];
            }
            double pivot = diagonal - dot(l[i], l[i], i);
            // What rounding alone may leave of a pivot that is zero is no pivot.
            if (!(pivot > l.length * EPSILON * diagonal) || Double.isInfinite(pivot)) {
                throw new ArithmeticException(op + ": pivot " + i + " of " + l.length + " is " + pivot
                        + " where the diagonal has " + diagonal
                        + ", so the matrix is not positive definite; a larger ridge on the diagonal makes it so");
            }
            l[i][i] = Math.sqrt(pivot);
        }
    }

    /** Overwrites {@code x} by the solution of {@code L·Lᵀ·solution = x}. */
    private static void substitute(double[][] l, double[][] x) {
        for (int i = 0; i < l.length; i++) {
            for (int j = 0; j < i; j++) {
                addScaled(x[i], -l[i][j], x[j], x[j].length);
            }
            divide(x[i], l[i][i]);
        }
        for (int i = l.length - 1; i >= 0; i--) {
            for (int j = i + 1; j < l.length; j++) {
                addScaled(x[i], -l[j][i], x[j], x[j].length);
            }
            divide(x[i], l[i][i]);
        }
    }

    private static double dot(double[] x, double[] y, int count) {
        double sum = 0;
        for (int i = 0; i < count; i++) {
            sum += x[i] * y[i];
        }
        return sum;
    }

    private static void addScaled(double[] into, double factor, double[] x, int count) {
        for (int i = 0; i < count; i++) {
            into[i] += factor * x[i];
        }
    }

    private static void divide(double[] x, double by) {
        for (int i = 0; i < x.length; i++) {
            x[i] /= by;
        }
    }

    // ---- from and to tensors

    /** The rows of a matrix of finite numbers. */
    private static double[][] matrix(String op, Tensor a) {
        if (a.rank() != 2) {
            throw new ShapeException(op + ": needs a matrix [M, N], not shape " + a.shape());
        }
        if (a.dtype() != DType.F32 && a.dtype() != DType.F64) {
            throw new IllegalArgumentException(
                    op + ": needs F32 or F64, not " + a.dtype() + "; convert with .to(dtype)");
        }
        double[] values = a.toDoubles();
        int n = a.dim(1);
        double[][] rows = new double[a.dim(0)][];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = Arrays.copyOfRange(values, i * n, (i + 1) * n);
            for (int j = 0; j < n; j++) {
                if (!Double.isFinite(rows[i][j])) {
                    throw new IllegalArgumentException(
                            op + ": the value at [" + i + ", " + j + "] of " + a.shape() + " is " + rows[i][j]);
                }
            }
        }
        return rows;
    }

    private static double[][] square(String op, Tensor a) {
        double[][] rows = matrix(op, a);
        if (a.dim(0) != a.dim(1)) {
            throw new ShapeException(op + ": needs a square matrix, not shape " + a.shape());
        }
        return rows;
    }

    /** The rows {@code [M, K]} that go with a matrix of M rows; a vector is one column. */
    private static double[][] rightHandSide(String op, Tensor a, Tensor b) {
        if (b.rank() != 1 && b.rank() != 2) {
            throw new ShapeException(op + ": the right-hand side must be [M] or [M, K], not " + b.shape());
        }
        if (b.dim(0) != a.dim(0)) {
            throw ShapeException.mismatch(op, "numbers of rows differ", a.shape(), b.shape(), a.dim(0), b.dim(0));
        }
        return matrix(op, b.rank() == 1 ? b.unsqueeze(1) : b);
    }

    private static double[][] transposed(double[][] rows, int m, int n) {
        double[][] columns = new double[n][m];
        for (int i = 0; i < m; i++) {
            for (int j = 0; j < n; j++) {
                columns[j][i] = rows[i][j];
            }
        }
        return columns;
    }

    /** A matrix {@code [length, r]} from its r columns. */
    private static Tensor columns(Tensor a, double[][] columns, int length) {
        return like(a, flat(transposed(columns, columns.length, length)), Shape.of(length, columns.length));
    }

    private static double[] flat(double[][] rows) {
        return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
    }

    /** Values as a tensor of the type and on the device of another. */
    private static Tensor like(Tensor model, double[] values, Shape shape) {
        if (model.dtype() == DType.F64) {
            return Tensor.of(model.device(), values, shape);
        }
        float[] rounded = new float[values.length];
        for (int i = 0; i < rounded.length; i++) {
            rounded[i] = (float) values[i];
        }
        return Tensor.of(model.device(), rounded, shape);
    }
}
