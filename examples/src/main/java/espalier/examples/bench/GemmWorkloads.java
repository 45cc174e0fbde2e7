package espalier.examples.bench;

import espalier.tensor.Tensor;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.PackedWeights;
import java.util.List;
import java.util.stream.Stream;

/**
 * Matrix products in F32: squares, and the shapes that convolutions and small networks make of them. There the left
 * matrix is a layer's weight, packed once outside the timing; the workloads named {@code unpacked} multiply plain
 * tensors.
 */
final class GemmWorkloads {
    private GemmWorkloads() {}

    static List<Workload> all() {
        Stream<Workload> squares = Stream.of(256, 512, 1024, 2048).map(GemmWorkloads::square);
        Stream<Workload> layers = Stream.of(
                        new int[] {64, 576, 3136},
                        new int[] {128, 1152, 784},
                        new int[] {16, 144, 65536},
                        new int[] {10, 400, 128},
                        new int[] {4096, 25, 576})
                .flatMap(size -> Stream.of(layer(size[0], size[1], size[2]), sgemm(size[0], size[1], size[2])));
        return Stream.concat(squares, layers).toList();
    }

    /** {@code [n, n] × [n, n]}. */
    static Workload square(int n) {
        return product("sgemm-" + n, n, n, n);
    }

    /** {@code [m, k] × [k, n]} of plain tensors. */
    static Workload sgemm(int m, int k, int n) {
        return product("sgemm-" + m + "x" + k + "x" + n + "-unpacked", m, k, n);
    }

    /** {@code [m, k] × [k, n]} with the left matrix packed once. */
    static Workload layer(int m, int k, int n) {
        return Workload.rate("sgemm-" + m + "x" + k + "x" + n, Unit.GFLOPS, 2.0 * m * k * n, threads -> {
            float[] a = Inputs.uniform(threads, m, k).toFloats();
            PackedWeights weights = PackedWeights.of(threads.device(), DenseMatrix.of(a, m, k));
            Tensor b = Inputs.uniform(threads, k, n);
            return Inputs.scoped(() -> weights.matmul(b));
        });
    }

    private static Workload product(String name, int m, int k, int n) {
        return Workload.rate(name, Unit.GFLOPS, 2.0 * m * k * n, threads -> {
            Tensor a = Inputs.uniform(threads, m, k);
            Tensor b = Inputs.uniform(threads, k, n);
            return Inputs.scoped(() -> a.matmul(b));
        });
    }
}
