package espalier.tensor.spi;

import espalier.tensor.DType;

/** An operation that turns the elements along some axes into one. What it gives for no elements stands with each. */
public enum ReduceOp {
    /** Σx; 0 for none. */
    SUM,
    /** Σx²; 0 for none. */
    SUM_OF_SQUARES,
    /** Πx; 1 for none. */
    PROD,
    /** The smallest; NaN if one is NaN; +∞, or the largest value of an integer type, for none. */
    MIN,
    /** The largest; NaN if one is NaN; −∞, or the smallest value of an integer type, for none. */
    MAX,
    /** Whether one differs from 0, as 1 or 0; 0 for none. */
    ANY,
    /** Whether all differ from 0, as 1 or 0; 1 for none. */
    ALL,
    /** How many differ from 0; 0 for none. */
    COUNT_NONZERO;

    /** The value of an empty reduction, from which every other one starts. */
    public double identity() {
        return switch (this) {
            case SUM, SUM_OF_SQUARES, ANY, COUNT_NONZERO -> 0;
            case PROD, ALL -> 1;
            case MIN -> Double.POSITIVE_INFINITY;
            case MAX -> Double.NEGATIVE_INFINITY;
        };
    }

    /** The accumulated value after one more element. */
    public double accumulate(double so, double x) {
        return switch (this) {
            case SUM -> so + x;
            case SUM_OF_SQUARES -> so + x * x;
            case PROD -> so * x;
            case MIN -> Math.min(so, x);
            case MAX -> Math.max(so, x);
            case ANY -> so != 0 || x != 0 ? 1 : 0;
            case ALL -> so != 0 && x != 0 ? 1 : 0;
            case COUNT_NONZERO -> x != 0 ? so + 1 : so;
        };
    }

    /** The value of an empty reduction of an integer type. */
    public long integerIdentity(DType type) {
        return switch (this) {
            case SUM, SUM_OF_SQUARES, ANY, COUNT_NONZERO -> 0;
            case PROD, ALL -> 1;
            case MIN -> type.most();
            case MAX -> type.least();
        };
    }

    /** The accumulated value after one more integer, in two's complement of 64 bits. */
    public long accumulateInteger(long so, long x) {
        return switch (this) {
            case SUM -> so + x;
            case SUM_OF_SQUARES -> so + x * x;
            case PROD -> so * x;
            case MIN -> Math.min(so, x);
            case MAX -> Math.max(so, x);
            case ANY -> so != 0 || x != 0 ? 1 : 0;
            case ALL -> so != 0 && x != 0 ? 1 : 0;
            case COUNT_NONZERO -> x != 0 ? so + 1 : so;
        };
    }
}
