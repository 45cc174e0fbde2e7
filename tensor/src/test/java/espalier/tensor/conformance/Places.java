package espalier.tensor.conformance;

import espalier.tensor.Shape;

/** Positions in row-major order. */
final class Places {
    private Places() {}

    /** Distance between neighbours along an axis. */
    static int stride(Shape shape, int axis) {
        int stride = 1;
        for (int later = axis + 1; later < shape.rank(); later++) {
            stride *= shape.dim(later);
        }
        return stride;
    }

    /** For each element, where it goes in the shape whose given axes are 1. */
    static int[] reduced(Shape shape, int... axes) {
        int[] dims = shape.toArray();
        for (int axis : axes) {
            dims[axis] = 1;
        }
        Shape target = Shape.of(dims);
        int[] places = new int[shape.size()];
        for (int i = 0; i < places.length; i++) {
            for (int axis = 0; axis < dims.length; axis++) {
                int index = i / stride(shape, axis) % shape.dim(axis);
                places[i] += dims[axis] == 1 ? 0 : index * stride(target, axis);
            }
        }
        return places;
    }
}
