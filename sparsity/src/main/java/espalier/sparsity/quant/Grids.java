package espalier.sparsity.quant;

import espalier.sparsity.Projection;
import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * One grid for a whole tensor, or one for each output channel of a weight {@code [O, ..]}.
 *
 * <pre>{@code
 * Grids grids = WeightScheme.perChannel(8).grids(w);
 * Tensor q = grids.codes(w);            // what is stored, with grids.scales()
 * Tensor w8 = grids.nearest(w);         // what a layer computes with
 * }</pre>
 *
 * @param all one, or as many as there are output channels
 */
public record Grids(List<UniformGrid> all) implements Projection {
    /** Checks that there is one. */
    public Grids {
        all = List.copyOf(all);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("grids: there must be at least one");
        }
    }

    /** One for the whole tensor. */
    public static Grids of(UniformGrid grid) {
        return new Grids(List.of(grid));
    }

    /** Whether there is one for each output channel. */
    public boolean isPerChannel() {
        return all.size() > 1;
    }

    /** The scales: one, or one a channel. */
    public float[] scales() {
        float[] scales = new float[all.size()];
        for (int i = 0; i < scales.length; i++) {
            scales[i] = all.get(i).scale();
        }
        return scales;
    }

    /** The zero points: one, or one a channel. */
    public int[] zeroPoints() {
        return all.stream().mapToInt(UniformGrid::zeroPoint).toArray();
    }

    /** Bits of a code. */
    public int bits() {
        return all.stream()
                .mapToInt(grid -> Integer.SIZE - Integer.numberOfLeadingZeros(grid.levels() - 1))
                .max()
                .orElseThrow();
    }

    @Override
    public Tensor nearest(Tensor x) {
        if (!isPerChannel()) {
            return all.getFirst().nearest(x);
        }
        Tensor scale = scale(x);
        return steps(x, scale).mul(scale);
    }

    /** Each element's code (I32), of the tensor's shape. */
    public Tensor codes(Tensor x) {
        if (!isPerChannel()) {
            return all.getFirst().codes(x);
        }
        return steps(x, scale(x))
                .add(column(x, all.stream().mapToDouble(UniformGrid::zeroPoint).toArray()))
                .to(DType.I32);
    }

    /**
     * True (BOOL) where an element lies within its grid's values, or beyond by less than rounding may have moved it.
     */
    public Tensor covers(Tensor x) {
        double slack = 1e-4;
        if (!isPerChannel()) {
            UniformGrid grid = all.getFirst();
            double beyond = slack * grid.scale();
            return x.ge(grid.min() - beyond).and(x.le(grid.max() + beyond));
        }
        Tensor inSteps = x.div(scale(x));
        return inSteps.ge(lowest(x).sub(slack)).and(inSteps.le(highest(x).add(slack)));
    }

    /** Codes less their zero points, as floats. */
    private Tensor steps(Tensor x, Tensor scale) {
        return Rounding.halfAway(x.div(scale)).max(lowest(x)).min(highest(x));
    }

    private Tensor scale(Tensor x) {
        return column(x, all.stream().mapToDouble(UniformGrid::scale).toArray());
    }

    private Tensor lowest(Tensor x) {
        return column(
                x,
                all.stream()
                        .mapToDouble(grid -> grid.lowest() - grid.zeroPoint())
                        .toArray());
    }

    private Tensor highest(Tensor x) {
        return column(
                x,
                all.stream()
                        .mapToDouble(grid -> grid.highest() - grid.zeroPoint())
                        .toArray());
    }

    /** A number for each output channel, {@code [O, 1, ..]}. */
    private static Tensor column(Tensor x, double[] perChannel) {
        if (x.rank() == 0 || x.dim(0) != perChannel.length) {
            throw new ShapeException("grids: there are " + perChannel.length + ", the tensor is " + x.shape());
        }
        int[] dims = new int[x.rank()];
        Arrays.fill(dims, 1);
        dims[0] = perChannel.length;
        return Tensor.of(x.device(), perChannel, Shape.of(dims)).to(x.dtype());
    }
}
