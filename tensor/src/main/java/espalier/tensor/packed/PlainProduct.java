package espalier.tensor.packed;

/**
 * The products of packed matrices as loops to read: what the fast kernels must agree with.
 *
 * <p>Here {@code a} is {@code [M, K]}, {@code b} is {@code [K, N]} row by row, and each row of the result gathers rows
 * of {@code b}: {@code c[i] += a[i][k] * b[k]}.
 */
final class PlainProduct {
    private PlainProduct() {}

    static float[] multiply(PackedMatrix a, float[] b, int n) {
        if (n < 0 || b.length != (long) a.columns() * n) {
            throw new IllegalArgumentException("times: the right matrix must be " + a.columns() + " x " + n
                    + ", which is " + (long) a.columns() * n + " elements, but the array has " + b.length);
        }
        float[] c = new float[Math.multiplyExact(a.rows(), n)];
        switch (a) {
            case DenseMatrix dense -> multiply(dense, b, n, c);
            case CsrMatrix csr -> multiply(csr, b, n, c);
            case BlockMatrix blocks -> multiply(blocks, b, n, c);
            case QuantizedMatrix quantized -> multiply(quantized, b, n, c);
            case BinaryMatrix binary -> multiply(binary, b, n, c);
        }
        return c;
    }

    private static void multiply(DenseMatrix a, float[] b, int n, float[] c) {
        for (int row = 0; row < a.rows(); row++) {
            for (int k = 0; k < a.columns(); k++) {
                addScaled(a.value(row, k), b, k * n, c, row * n, n);
            }
        }
    }

    private static void multiply(CsrMatrix a, float[] b, int n, float[] c) {
        for (int row = 0; row < a.rows(); row++) {
            for (int entry = a.rowPointer(row); entry < a.rowPointer(row + 1); entry++) {
                addScaled(a.value(entry), b, a.column(entry) * n, c, row * n, n);
            }
        }
    }

    private static void multiply(BlockMatrix a, float[] b, int n, float[] c) {
        for (int blockRow = 0; blockRow < a.blockRows(); blockRow++) {
            int top = blockRow * a.height();
            int present = Math.min(a.height(), a.rows() - top);
            for (int block = a.blockPointer(blockRow); block < a.blockPointer(blockRow + 1); block++) {
                for (int i = 0; i < present; i++) {
                    addScaled(a.value(block, i), b, a.column(block) * n, c, (top + i) * n, n);
                }
            }
        }
    }

    private static void multiply(QuantizedMatrix a, float[] b, int n, float[] c) {
        for (int row = 0; row < a.rows(); row++) {
            for (int k = 0; k < a.columns(); k++) {
                addScaled(a.code(row, k), b, k * n, c, row * n, n);
            }
            scale(a.scale(row), c, row * n, n);
        }
    }

    private static void multiply(BinaryMatrix a, float[] b, int n, float[] c) {
        for (int row = 0; row < a.rows(); row++) {
            for (int k = 0; k < a.columns(); k++) {
                addScaled(a.isNegative(row, k) ? -1f : 1f, b, k * n, c, row * n, n);
            }
            scale(a.scale(row), c, row * n, n);
        }
    }

    private static void addScaled(float factor, float[] b, int bAt, float[] c, int cAt, int n) {
        for (int j = 0; j < n; j++) {
            c[cAt + j] += factor * b[bAt + j];
        }
    }

    private static void scale(float factor, float[] c, int cAt, int n) {
        for (int j = 0; j < n; j++) {
            c[cAt + j] *= factor;
        }
    }
}
