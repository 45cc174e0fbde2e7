package espalier.gpu;

import espalier.tensor.Layout;
import espalier.tensor.Shape;

/**
 * The index space of several layouts of one shape, with as few axes as possible: those of size 1 are dropped, and
 * neighbours are merged wherever every operand steps over them as one run. So contiguous operands of any rank have one
 * axis, and a bias added to {@code [N, C, H, W]} has three.
 */
final class Axes {
    /** Axes that kernels can walk over. */
    static final int MOST = 8;

    private final int count;
    private final int[] sizes = new int[MOST];
    private final int[][] strides;

    private Axes(Shape shape, Layout... operands) {
        int rank = shape.rank();
        int[] merged = new int[rank];
        int[][] steps = new int[operands.length][rank];
        int axes = 0;
        for (int axis = rank - 1; axis >= 0; axis--) { // innermost first
            int dim = shape.dim(axis);
            if (dim == 1) {
                continue;
            }
            if (axes > 0 && isOneRun(steps, merged[axes - 1], axes - 1, operands, axis)) {
                merged[axes - 1] *= dim;
                continue;
            }
            merged[axes] = dim;
            for (int p = 0; p < operands.length; p++) {
                steps[p][axes] = operands[p].stride(axis);
            }
            axes++;
        }
        if (axes > MOST) {
            throw new IllegalArgumentException("a view of " + shape + " on an OpenCL device has " + axes
                    + " axes that cannot be merged, and at most " + MOST
                    + " are possible; make it contiguous on the CPU");
        }
        this.count = axes;
        this.strides = new int[operands.length][MOST];
        for (int k = 0; k < MOST; k++) {
            sizes[k] = k < axes ? merged[k] : 1;
            for (int p = 0; p < operands.length; p++) {
                strides[p][k] = k < axes ? steps[p][k] : 0;
            }
        }
    }

    private static boolean isOneRun(int[][] steps, int size, int last, Layout[] operands, int axis) {
        for (int p = 0; p < operands.length; p++) {
            if (operands[p].stride(axis) != steps[p][last] * size) {
                return false;
            }
        }
        return true;
    }

    private Axes(int count, int[] sizes, int[][] strides) {
        this.count = count;
        System.arraycopy(sizes, 0, this.sizes, 0, sizes.length);
        this.strides = strides;
    }

    /** The space of operands that all have this shape. */
    static Axes of(Shape shape, Layout... operands) {
        return new Axes(shape, operands);
    }

    /** Whether all operands are runs without gaps. */
    boolean isFlat() {
        if (count > 1) {
            return false;
        }
        for (int[] stride : strides) {
            if (count == 1 && stride[0] != 1) {
                return false;
            }
        }
        return true;
    }

    /** Axes after merging; 0 for a single element. */
    int count() {
        return count;
    }

    /** Sizes, innermost first, 1 beyond the last axis. */
    int[] sizes() {
        return sizes;
    }

    /** Strides of an operand, innermost first, 0 beyond the last axis. */
    int[] strides(int operand) {
        return strides[operand];
    }

    /** Elements of the space. */
    int size() {
        int size = 1;
        for (int k : sizes) {
            size *= k;
        }
        return size;
    }

    /** The axes but for the innermost. */
    Axes withoutInnermost() {
        int[] fewer = new int[MOST];
        fewer[MOST - 1] = 1;
        System.arraycopy(sizes, 1, fewer, 0, MOST - 1);
        int[][] moved = new int[strides.length][MOST];
        for (int p = 0; p < moved.length; p++) {
            System.arraycopy(strides[p], 1, moved[p], 0, MOST - 1);
        }
        return new Axes(Math.max(0, count - 1), fewer, moved);
    }
}
