package espalier.sparsity;

import espalier.autograd.Variable;
import espalier.autograd.op.Shrinkage;
import espalier.tensor.PadMode;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * Tiles of the matrix {@code O × I·kH·kW}: {@code rows} neighbouring outputs by {@code columns} neighbouring inputs.
 * Tiles at the lower and right edge may stick out; what sticks out counts as zero.
 *
 * <p>Blocks of 4x1 are what {@link espalier.tensor.packed.BlockMatrix} stores and multiplies fast.
 *
 * @param rows height of a tile, at least 1
 * @param columns width of a tile, at least 1
 */
public record Block(int rows, int columns) implements Grouping {
    /** Checks the sizes. */
    public Block {
        if (rows < 1 || columns < 1) {
            throw new IllegalArgumentException("block: " + rows + "x" + columns + " is no tile");
        }
    }

    /** The norms of the tiles, {@code [tile rows, 1, tile columns, 1]}. */
    @Override
    public Tensor norms(Tensor w) {
        int high = outputs(w.shape());
        int wide = inputs(w.shape());
        Tensor whole = w.reshape(high, wide)
                .pad(PadMode.ZERO, 0, 0, Math.ceilDiv(high, rows) * rows - high)
                .pad(PadMode.ZERO, 1, 0, Math.ceilDiv(wide, columns) * columns - wide);
        return whole.reshape(tiled(w.shape())).norm(true, 1, 3);
    }

    @Override
    public Tensor spread(Tensor ofGroups, Shape shape) {
        Shape tiled = tiled(shape);
        return ofGroups.expand(tiled)
                .reshape(tiled.dim(0) * rows, tiled.dim(2) * columns)
                .narrow(0, 0, outputs(shape))
                .narrow(1, 0, inputs(shape))
                .reshape(shape);
    }

    @Override
    public int count(Shape shape) {
        return Math.ceilDiv(outputs(shape), rows) * Math.ceilDiv(inputs(shape), columns);
    }

    @Override
    public Variable shrink(Variable w, Variable t) {
        Shape shape = w.shape();
        Shape tiled = tiled(shape);
        int high = outputs(shape);
        int wide = inputs(shape);
        Variable whole = w.reshape(high, wide)
                .pad(PadMode.ZERO, 0, 0, tiled.dim(0) * rows - high)
                .pad(PadMode.ZERO, 1, 0, tiled.dim(2) * columns - wide);
        return Shrinkage.groups(whole.reshape(tiled), t, 1, 3)
                .reshape(tiled.dim(0) * rows, tiled.dim(2) * columns)
                .narrow(0, 0, high)
                .narrow(1, 0, wide)
                .reshape(shape);
    }

    /** The matrix with its axes cut into tiles: {@code [tile rows, rows, tile columns, columns]}. */
    private Shape tiled(Shape shape) {
        return Shape.of(Math.ceilDiv(outputs(shape), rows), rows, Math.ceilDiv(inputs(shape), columns), columns);
    }

    private static int outputs(Shape shape) {
        return shape.rank() == 0 ? 1 : shape.dim(0);
    }

    private static int inputs(Shape shape) {
        return shape.size() / Math.max(1, outputs(shape));
    }

    /** As recipes write it: {@code block 4x1}. */
    @Override
    public String toString() {
        return "block " + rows + "x" + columns;
    }
}
