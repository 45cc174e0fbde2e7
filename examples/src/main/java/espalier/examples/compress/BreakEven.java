package espalier.examples.compress;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.PackedWeights;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;

/**
 * At which density a sparse product begins to be faster than a dense one, on this machine: "break-even pruning ratio"
 * in Ren et al. (2019), section 4.4, is its inverse.
 *
 * <p>The fastest of many runs is taken: what else the machine does then matters least.
 *
 * @param name of the product
 * @param densities parts of the weights that are not zero, falling
 * @param csr time of single non-zeros, in times of the dense product's
 * @param blocks time of 4x1 blocks, in the same
 */
record BreakEven(String name, double[] densities, double[] csr, double[] blocks) {
    private static final double[] GRID = {0.6, 0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.05, 0.02, 0.01};

    /**
     * Measures products of weights {@code [rows, columns]} with {@code [columns, n]}.
     *
     * @param seconds times a run
     */
    static BreakEven measure(Device device, int rows, int columns, int n, ToDoubleFunction<Runnable> seconds) {
        RandomSource random = RandomSource.of(1);
        Tensor b = random.uniform(device, Shape.of(columns, n), -1, 1);
        Tensor w = random.uniform(device, Shape.of(rows, columns), -1, 1);
        PackedWeights packed = PackedWeights.of(device, DenseMatrix.of(w.toFloats(), rows, columns));
        Runnable product = scoped(() -> packed.matmul(b));
        double before = seconds.applyAsDouble(product);
        double[] csr =
                times(device, b, seconds, density -> CsrMatrix.of(pruned(rows, columns, 1, density), rows, columns));
        double[] blocks =
                times(device, b, seconds, density -> BlockMatrix.of(pruned(rows, columns, 4, density), rows, columns));
        // Once more at the end, when the compiler is surely done with it.
        double dense = Math.min(before, seconds.applyAsDouble(product));
        String name = rows + "x" + columns + " times " + columns + "x" + n;
        return new BreakEven(name, GRID.clone(), over(csr, dense), over(blocks, dense));
    }

    private static double[] times(
            Device device, Tensor b, ToDoubleFunction<Runnable> seconds, Function<Double, PackedMatrix> matrix) {
        double[] times = new double[GRID.length];
        for (int i = 0; i < times.length; i++) {
            PackedWeights weights = PackedWeights.of(device, matrix.apply(GRID[i]));
            times[i] = seconds.applyAsDouble(scoped(() -> weights.matmul(b)));
        }
        return times;
    }

    private static double[] over(double[] times, double dense) {
        return Arrays.stream(times).map(time -> time / dense).toArray();
    }

    private static Runnable scoped(Runnable run) {
        return () -> {
            try (TensorScope _ = TensorScope.open()) {
                run.run();
            }
        };
    }

    /** Random weights of which exactly a part is left, in groups of {@code height} rows of a column. */
    static float[] pruned(int rows, int columns, int height, double density) {
        int groups = Math.ceilDiv(rows, height) * columns;
        float[] weights = new float[rows * columns];
        int[] order = RandomSource.of(2).permutation(groups);
        for (int i = 0; i < Math.round(groups * density); i++) {
            int top = order[i] / columns * height;
            for (int row = top; row < Math.min(rows, top + height); row++) {
                weights[row * columns + order[i] % columns] = 1 + i % 7;
            }
        }
        return weights;
    }

    /** The density below which the sparse product was faster at every density tried; none if at none. */
    static OptionalDouble crossing(double[] densities, double[] ratios) {
        int first = densities.length; // from here on it is faster
        while (first > 0 && ratios[first - 1] < 1) {
            first--;
        }
        if (first == densities.length) {
            return OptionalDouble.empty();
        }
        if (first == 0) {
            return OptionalDouble.of(densities[0]);
        }
        double slower = ratios[first - 1] - 1;
        double faster = 1 - ratios[first];
        return OptionalDouble.of(
                densities[first] + (densities[first - 1] - densities[first]) * faster / (slower + faster));
    }

    /** Where single non-zeros begin to win. */
    OptionalDouble ofCsr() {
        return crossing(densities, csr);
    }

    /** Where blocks begin to win. */
    OptionalDouble ofBlocks() {
        return crossing(densities, blocks);
    }

    /** The verdict in words. */
    String verdict() {
        return name + ": CSR wins " + below(ofCsr()) + ", 4x1 blocks " + below(ofBlocks());
    }

    private String below(OptionalDouble density) {
        return density.isEmpty()
                ? "at no density down to " + percent(densities[densities.length - 1])
                : density.getAsDouble() >= densities[0]
                        ? "below " + percent(densities[0]) + " at least"
                        : "below " + percent(density.getAsDouble());
    }

    private static String percent(double part) {
        return String.format(Locale.ROOT, "%.0f %%", 100 * part);
    }

    /** A line a density, and the verdict. */
    @Override
    public String toString() {
        List<String> lines = new ArrayList<>();
        lines.add(
                String.format("%-10s %12s %12s   time in times of the dense product", "density", "CSR", "4x1 blocks"));
        for (int i = 0; i < densities.length; i++) {
            lines.add(String.format(Locale.ROOT, "%7.0f %%  %12.2f %12.2f", 100 * densities[i], csr[i], blocks[i]));
        }
        lines.add(verdict());
        return String.join(System.lineSeparator(), lines) + System.lineSeparator();
    }

    /** The products that are measured if none is asked for: a linear layer and a convolution, a batch of each. */
    static List<BreakEven> usual(Device device, ToDoubleFunction<Runnable> seconds) {
        return List.of(measure(device, 500, 800, 128, seconds), measure(device, 64, 576, 784, seconds));
    }
}
