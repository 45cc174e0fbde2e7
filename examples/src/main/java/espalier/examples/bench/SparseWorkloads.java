package espalier.examples.bench;

import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.PackedWeights;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Pruned weights {@code [512, 512]} times a dense {@code [512, 128]}: zeros anywhere ({@code csr}), and zeros in groups
 * of four rows of a column ({@code b4x1}); the number is the percentage of zeros. The weights are made ready outside
 * the timing.
 */
final class SparseWorkloads {
    private static final int ROWS = 512;
    private static final int INNER = 512;
    private static final int COLUMNS = 128;
    private static final String NAME = "spmm-" + ROWS + "x" + INNER + "x" + COLUMNS + "-";

    private SparseWorkloads() {}

    static List<Workload> all() {
        List<Workload> all = new ArrayList<>();
        all.add(Workload.time(NAME + "dense", Unit.MICROSECONDS, threads -> {
            Tensor a = Inputs.uniform(threads, ROWS, INNER);
            Tensor b = Inputs.uniform(threads, INNER, COLUMNS);
            return Inputs.scoped(() -> a.matmul(b));
        }));
        for (int percent : List.of(80, 90, 95, 98)) {
            all.add(workload("csr" + percent, CsrMatrix.of(weights(percent, 1), ROWS, INNER)));
        }
        for (int percent : List.of(80, 90, 95, 98)) {
            all.add(workload("b4x1-" + percent, BlockMatrix.of(weights(percent, 4), ROWS, INNER)));
        }
        return all;
    }

    private static Workload workload(String kind, PackedMatrix matrix) {
        return Workload.time(NAME + kind, Unit.MICROSECONDS, threads -> {
            PackedWeights weights = PackedWeights.of(threads.device(), matrix);
            Tensor b = Inputs.uniform(threads, INNER, COLUMNS);
            return Inputs.scoped(() -> weights.matmul(b));
        });
    }

    /** Ones and zeros, exactly this percentage of zeros, in groups of {@code height} rows of a column. */
    private static float[] weights(int percent, int height) {
        int groups = ROWS / height * INNER;
        float[] dense = new float[ROWS * INNER];
        int[] order = RandomSource.of(percent).permutation(groups);
        IntStream.range(groups * percent / 100, groups).map(i -> order[i]).forEach(group -> {
            int top = group / INNER * height;
            for (int row = top; row < top + height; row++) {
                dense[row * INNER + group % INNER] = 1;
            }
        });
        return dense;
    }
}
