package espalier.tensor.cpu;

/** Finds the largest or smallest of a strided run; the first of equals, and NaN beyond all. */
final class Extremum {
    private Extremum() {}

    static int index(boolean largest, HeapStorage x, int start, int stride, int length) {
        int best = 0;
        double extreme = x.get(start);
        for (int i = 1; i < length && !Double.isNaN(extreme); i++) {
            double value = x.get(start + i * stride);
            if (Double.isNaN(value) || (largest ? value > extreme : value < extreme)) {
                best = i;
                extreme = value;
            }
        }
        return best;
    }
}
