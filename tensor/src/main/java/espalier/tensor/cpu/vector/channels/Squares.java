package espalier.tensor.cpu.vector.channels;

/**
 * Winograd's algorithm: the results of a square by one multiplication for each of its points, where the sums have one
 * for each result and weight (Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks").
 *
 * <pre>
 *   Y = Aᵀ [(G g Gᵀ) ⊙ (Bᵀ d B)] A          d: the pixels of a square, g: the weights, Y: its results
 *   dg = Gᵀ [(A dY Aᵀ) ⊙ (Bᵀ d B)] G        the gradient to the weights, its adjoint
 * </pre>
 *
 * <p>Along each side the products are those of two polynomials at some points: A, B and G follow from these. Summed
 * over channels, each point of ⊙ is a product of matrices of its own. A pixel is a vector of channels throughout, so
 * that turning a square takes additions of whole vectors and nothing else.
 *
 * <p>Larger squares take fewer multiplications, more numbers for the weights, and lose some accuracy.
 */
public enum Squares {
    /** F(2×2, 3×3): 16 points for 4 results, 4 multiplications for each; see {@link TwoByTwo}. */
    TWO_BY_TWO(2, 3),
    /** F(4×4, 3×3): 36 points for 16 results, 2.25 multiplications for each; see {@link FourByFour}. */
    FOUR_BY_FOUR(4, 3),
    /** F(2×2, 5×5): 36 points for 4 results of larger filters, 9 multiplications for each; see {@link TwoOfFive}. */
    TWO_OF_FIVE(2, 5);

    private final int side;
    private final int filter;

    Squares(int side, int filter) {
        this.side = side;
        this.filter = filter;
    }

    /** Weights along a side of a filter. */
    public int filter() {
        return filter;
    }

    /** Weights of a filter. */
    public int taps() {
        return filter * filter;
    }

    /** Results along a side, and pixels from one square to the next. */
    public int side() {
        return side;
    }

    /** Pixels along a side, of which neighbours share some. */
    public int reach() {
        return side + filter - 1;
    }

    /** Numbers of a turned square. */
    public int points() {
        return reach() * reach();
    }

    /**
     * {@code Bᵀ d B} of a row of neighbouring squares.
     *
     * @param d pixels, those of the first square from {@code at} on, rows {@code pitch} floats long
     * @param v point k of the squares, vectors side by side from {@code to + k * plane} on
     */
    public void turnPixels(float[] d, int at, int pitch, int squares, float[] v, int to, int plane) {
        switch (this) {
            case TWO_BY_TWO -> TwoByTwo.turnPixels(d, at, pitch, squares, v, to, plane);
            case FOUR_BY_FOUR, TWO_OF_FIVE -> SixPoints.turnPixels(d, at, pitch, squares, side, v, to, plane);
        }
    }

    /**
     * {@code Aᵀ m A + bias} of a row of neighbouring squares.
     *
     * @param m point k of the squares, vectors side by side from {@code at + k * plane} on
     * @param bias a vector at {@code biasAt}
     * @param y results, rows {@code pitch} floats long
     */
    public void turnBack(
            float[] m, int at, int plane, int squares, float[] bias, int biasAt, float[] y, int to, int pitch) {
        switch (this) {
            case TWO_BY_TWO -> TwoByTwo.turnBack(m, at, plane, squares, bias, biasAt, y, to, pitch);
            case FOUR_BY_FOUR -> FourByFour.turnBack(m, at, plane, squares, bias, biasAt, y, to, pitch);
            case TWO_OF_FIVE -> TwoOfFive.turnBack(m, at, plane, squares, bias, biasAt, y, to, pitch);
        }
    }

    /**
     * {@code A dY Aᵀ} of a row of neighbouring squares, up to signs that {@link #turnWeightsBack} knows.
     *
     * @param dy gradients, rows {@code pitch} floats long
     * @param m point k of the squares, vectors side by side from {@code to + k * plane} on
     */
    public void turnGradients(float[] dy, int at, int pitch, int squares, float[] m, int to, int plane) {
        switch (this) {
            case TWO_BY_TWO -> TwoByTwo.turnGradients(dy, at, pitch, squares, m, to, plane);
            case FOUR_BY_FOUR -> FourByFour.turnGradients(dy, at, pitch, squares, m, to, plane);
            case TWO_OF_FIVE -> TwoOfFive.turnGradients(dy, at, pitch, squares, m, to, plane);
        }
    }

    /** {@code G g Gᵀ} of a vector of filters, whose weight number t lies at {@code g[at + tapAt[t]]}. */
    public void turnWeights(float[] g, int at, int[] tapAt, float[] u, int to, int plane) {
        switch (this) {
            case TWO_BY_TWO -> TwoByTwo.turnWeights(g, at, tapAt, u, to, plane);
            case FOUR_BY_FOUR -> FourByFour.turnWeights(g, at, tapAt, u, to, plane);
            case TWO_OF_FIVE -> TwoOfFive.turnWeights(g, at, tapAt, u, to, plane);
        }
    }

    /**
     * {@code Gᵀ u G} of a vector of filters, for which u is used up; weight number t goes to {@code dg[dgAt + t *
     * step]}.
     */
    public void turnWeightsBack(float[] u, int at, int plane, float[] dg, int dgAt, int step) {
        switch (this) {
            case TWO_BY_TWO -> TwoByTwo.turnWeightsBack(u, at, plane, dg, dgAt, step);
            case FOUR_BY_FOUR -> FourByFour.turnWeightsBack(u, at, plane, dg, dgAt, step);
            case TWO_OF_FIVE -> TwoOfFive.turnWeightsBack(u, at, plane, dg, dgAt, step);
        }
    }
}
