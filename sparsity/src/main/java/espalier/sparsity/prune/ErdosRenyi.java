package espalier.sparsity.prune;

import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Erdős–Rényi-Kernel densities (Evci et al. 2020, section 3): in proportion to the sum of a weight's sizes over their
 * product, so that small layers stay dense. A layer that would be more than dense is dense, and the rest is shared
 * again.
 *
 * <pre>{@code
 * ErdosRenyi.densities(List.of(Shape.of(300, 784), Shape.of(100, 300), Shape.of(10, 100)), 0.98);
 * // 0.0154, 0.0445, 0.3674
 * }</pre>
 */
public final class ErdosRenyi {
    private ErdosRenyi() {}

    /**
     * The density of each weight, for a sparsity of all of them together.
     *
     * @throws IllegalArgumentException if the layers that must be dense already exceed the budget
     */
    public static List<Double> densities(List<Shape> shapes, double sparsity) {
        List<Boolean> dense = new ArrayList<>(Collections.nCopies(shapes.size(), false));
        while (true) {
            double budget = 0;
            double divisor = 0;
            double largest = 0;
            for (int i = 0; i < shapes.size(); i++) {
                Shape shape = shapes.get(i);
                long zeros = (long) Math.floor(sparsity * shape.size());
                if (dense.get(i)) {
                    budget -= zeros;
                } else {
                    budget += shape.size() - zeros;
                    divisor += raw(shape) * shape.size();
                    largest = Math.max(largest, raw(shape));
                }
            }
            if (divisor == 0) {
                return Collections.nCopies(shapes.size(), 1.0); // all are dense
            }
            if (budget <= 0) {
                throw new IllegalArgumentException("erk: a sparsity of " + sparsity
                        + " leaves nothing for the larger layers; ask for less, or allocate globally");
            }
            double epsilon = budget / divisor;
            if (epsilon * largest <= 1) {
                return densities(shapes, dense, epsilon);
            }
            for (int i = 0; i < shapes.size(); i++) {
                if (raw(shapes.get(i)) == largest) {
                    dense.set(i, true);
                }
            }
        }
    }

    private static List<Double> densities(List<Shape> shapes, List<Boolean> dense, double epsilon) {
        List<Double> densities = new ArrayList<>();
        for (int i = 0; i < shapes.size(); i++) {
            densities.add(dense.get(i) ? 1 : epsilon * raw(shapes.get(i)));
        }
        return densities;
    }

    private static double raw(Shape shape) {
        double sum = 0;
        for (int dim : shape.toArray()) {
            sum += dim;
        }
        return sum / shape.size();
    }
}
