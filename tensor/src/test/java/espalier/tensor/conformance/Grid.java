package espalier.tensor.conformance;

import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** The sizes that break loops: nothing, one, and one beside each multiple of a vector of 8 or 16 lanes. */
final class Grid {
    /** 0, 1, L−1, L, L+1, 4L+3 for L = 8 and 16. */
    static final List<Integer> LENGTHS = List.of(0, 1, 7, 8, 9, 15, 16, 17, 35, 67);

    private Grid() {}

    /** Each length in a vector, in rows, in columns and in the middle; and a scalar. */
    static List<Shape> shapes() {
        List<Shape> shapes = new ArrayList<>(List.of(Shape.scalar()));
        for (int length : LENGTHS) {
            shapes.add(Shape.of(length));
            shapes.add(Shape.of(3, length));
            shapes.add(Shape.of(length, 2));
            shapes.add(Shape.of(2, length, 3));
        }
        return shapes;
    }

    /** Each length in rows and in the middle: for operations with an axis. */
    static List<Shape> shapesWithAxes() {
        List<Shape> shapes = new ArrayList<>();
        for (int length : LENGTHS) {
            shapes.add(Shape.of(length));
            shapes.add(Shape.of(3, length));
            shapes.add(Shape.of(2, length, 3));
        }
        shapes.add(Shape.of(2, 3, 4, 5));
        return shapes;
    }
}
