package espalier.sparsity;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * What is removed as one: a single weight, or a group of them that can leave the network together.
 *
 * <p>A granularity turns a weight {@code [O, I, kH, kW]} (or {@code [out, in]}) into a vector of importances, one for each
 * group: its Euclidean norm, which for a single weight is its magnitude. That is the thesis of Kusupati (2020): a method
 * for single weights, applied to this vector, prunes structure.
 *
 * <pre>{@code
 * Tensor w = Tensor.of(new float[] {0.9f, -0.1f, 0.4f, -0.2f, 0.05f, -0.7f}, 2, 3);
 * Tensor rows = Granularity.FILTER.importances(w);      // [0.98995, 0.72973] as [2, 1]
 * }</pre>
 */
public enum Granularity {
    /** Every weight by itself: non-structured pruning. */
    ELEMENT,
    /** All weights of one output: a row of the matrix {@code O × I·kH·kW}. */
    FILTER,
    /** All weights that read one input channel. */
    CHANNEL,
    /** One position (channel, row, column) in all filters: a column of that matrix, also called a filter shape. */
    COLUMN,
    /** One 2-D kernel: the weights from one input channel to one output. */
    KERNEL;

    /** The axes of a weight of this rank that lie within a group; none for single weights. */
    public int[] axes(int rank) {
        IntStream all = IntStream.range(0, rank);
        return switch (this) {
            case ELEMENT -> new int[0];
            case FILTER -> all.filter(axis -> axis != 0).toArray();
            case CHANNEL -> all.filter(axis -> axis != 1).toArray();
            case COLUMN -> new int[] {0};
            case KERNEL -> all.filter(axis -> axis > 1).toArray();
        };
    }

    /**
     * The importances, with the axes of a group kept at size 1, so that they broadcast against the weight:
     * {@code [O, 1, 1, 1]} for filters.
     */
    public Tensor importances(Tensor w) {
        int[] within = axes(w.rank());
        return within.length == 0 ? w.abs() : w.norm(true, within);
    }

    /** How many groups a weight of this shape has. */
    public int groups(Shape shape) {
        return shape.reduced(axes(shape.rank())).size();
    }
}
