package espalier.tensor.cpu.vector.conv;

/**
 * Winograd's minimal filtering along the rows of an image: two results of a filter with r taps, one above the other, by
 * r + 1 multiplications instead of 2r. What is combined are whole rows, side by side in memory.
 */
enum RowFilter {
    /** F(2, 3), {@link WinogradRows}. */
    THREE(3),
    /** F(2, 5), {@link WinogradFive}. */
    FIVE(5);

    private final int taps;

    RowFilter(int taps) {
        this.taps = taps;
    }

    /** Rows of the filter. */
    int taps() {
        return taps;
    }

    /** Rows that are read, and products that are made, for two rows of results. */
    int terms() {
        return taps + 1;
    }

    /** Rows of {@code count} floats, {@code stride} apart, to the factors of the terms, {@code step} apart. */
    void combine(float[] d, int dAt, int stride, int count, float[] to, int toAt, int step) {
        switch (this) {
            case THREE -> WinogradRows.combine(d, dAt, stride, count, to, toAt, step);
            case FIVE -> WinogradFive.combine(d, dAt, stride, count, to, toAt, step);
        }
    }

    /**
     * The gradients of the terms, {@code step} apart, from those of two rows of results, but for signs that
     * {@link #taps} knows.
     */
    void spread(float[] y, int y0, int y1, int count, float[] to, int toAt, int step) {
        switch (this) {
            case THREE -> WinogradRows.spread(y, y0, y1, count, to, toAt, step);
            case FIVE -> WinogradFive.spread(y, y0, y1, count, to, toAt, step);
        }
    }

    /** The same where there is no second row. */
    void spreadFirst(float[] y, int y0, int count, float[] to, int toAt, int step) {
        switch (this) {
            case THREE -> WinogradRows.spreadFirst(y, y0, count, to, toAt, step);
            case FIVE -> WinogradFive.spreadFirst(y, y0, count, to, toAt, step);
        }
    }

    /**
     * The gradients of a filter's taps from those of its terms: {@code m} holds {@code [filter][term][column]},
     * {@code g} takes {@code [filter][tap][column]}.
     */
    void taps(float[] m, int filters, int columns, float[] g, int gAt) {
        switch (this) {
            case THREE -> WinogradRows.taps(m, filters, columns, g, gAt);
            case FIVE -> WinogradFive.taps(m, filters, columns, g, gAt);
        }
    }

    /** The factors of the terms, from the taps of one filter. */
    void factors(float[] g, float[] to) {
        switch (this) {
            case THREE -> WinogradRows.weights(g, 0, 1, 2, 1, to, 0, 1);
            case FIVE -> WinogradFive.factors(g, to);
        }
    }

    /**
     * Two rows of results from the terms, which are {@code step} apart; {@code count} is a multiple of
     * {@link espalier.tensor.cpu.vector.lanes.Lanes#COUNT}.
     */
    void results(float[] m, int mAt, int step, int count, float[] y, int y0, int y1) {
        switch (this) {
            case THREE -> WinogradRows.both(m, mAt, step, count, y, y0, y1);
            case FIVE -> WinogradFive.both(m, mAt, step, count, y, y0, y1);
        }
    }

    /**
     * Adds to {@code taps() + 1} rows, {@code stride} apart, what the terms of {@link #spread} come to:
     * {@link #combine} backwards.
     */
    void addSpread(float[] m, int mAt, int step, int count, float[] y, int yAt, int stride) {
        switch (this) {
            case THREE -> WinogradRows.addSpread(m, mAt, step, count, y, yAt, stride);
            case FIVE -> WinogradFive.addSpread(m, mAt, step, count, y, yAt, stride);
        }
    }
}
