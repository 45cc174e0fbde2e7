package espalier.tensor.cpu;

/**
 * Matrix product as the definition says: three loops. The fast ones are held equal to it.
 *
 * <p>Each element of {@code c} is a chain of fused multiply-adds in the order of {@code k}, which is also what the
 * tiled kernels compute, so most of them agree with this one to the last bit.
 */
public final class PlainGemm {
    private PlainGemm() {}

    /**
     * {@code c = a·b}, or {@code c += a·b}.
     *
     * @param a {@code [M, K]}
     * @param b {@code [K, N]}
     * @param c {@code [M, N]}; not read unless {@code accumulate}
     */
    public static void multiply(MatrixView a, MatrixView b, MatrixView c, boolean accumulate) {
        MatrixView.requireProduct(a, b, c);
        for (int i = 0; i < c.rows(); i++) {
            for (int j = 0; j < c.columns(); j++) {
                float sum = accumulate ? c.values()[c.at(i, j)] : 0f;
                for (int k = 0; k < a.columns(); k++) {
                    sum = Math.fma(a.values()[a.at(i, k)], b.values()[b.at(k, j)], sum);
                }
                c.values()[c.at(i, j)] = sum;
            }
        }
    }
}
