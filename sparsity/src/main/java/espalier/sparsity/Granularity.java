package espalier.sparsity;

import espalier.autograd.Variable;
import espalier.autograd.op.Shrinkage;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.stream.IntStream;

/**
 * Groups along the axes of a weight {@code [O, I, kH, kW]} or {@code [out, in]}: a single weight, or what can leave the
 * network together.
 *
 * <pre>{@code
 * Tensor w = Tensor.of(new float[] {0.9f, -0.1f, 0.4f, -0.2f, 0.05f, -0.7f}, 2, 3);
 * Tensor rows = Granularity.FILTER.scores(w);           // [0.98995, 0.72973] as [2, 1]
 * }</pre>
 */
public enum Granularity implements Grouping {
    /** Every weight by itself: non-structured pruning. */
    ELEMENT,
    /** All weights of one output: a row of the matrix {@code O × I·kH·kW}. */
    FILTER,
    /** All weights that read one input channel; of a convolution in groups, one input channel of every group. */
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

    /** The norms, with the axes of a group kept at size 1: {@code [O, 1, 1, 1]} for filters. */
    @Override
    public Tensor norms(Tensor w) {
        int[] within = axes(w.rank());
        return within.length == 0 ? w.abs() : w.norm(true, within);
    }

    @Override
    public Tensor spread(Tensor ofGroups, Shape shape) {
        return ofGroups;
    }

    @Override
    public int count(Shape shape) {
        return shape.reduced(axes(shape.rank())).size();
    }

    @Override
    public Variable shrink(Variable w, Variable t) {
        int[] within = axes(w.shape().rank());
        return within.length == 0 ? w.softThreshold(t) : Shrinkage.groups(w, t, within);
    }
}
