package espalier.examples.bench;

import espalier.tensor.Tensor;
import java.util.List;
import java.util.stream.Stream;

/** Matrix products in F32: squares, and the shapes that convolutions and small networks make of them. */
final class GemmWorkloads {
    private GemmWorkloads() {}

    static List<Workload> all() {
        return Stream.concat(
                        Stream.of(256, 512, 1024, 2048).map(GemmWorkloads::square),
                        Stream.of(
                                sgemm(64, 576, 3136),
                                sgemm(128, 1152, 784),
                                sgemm(16, 144, 65536),
                                sgemm(10, 400, 128),
                                sgemm(4096, 25, 576)))
                .toList();
    }

    /** {@code [n, n] × [n, n]}. */
    static Workload square(int n) {
        return product("sgemm-" + n, n, n, n);
    }

    /** {@code [m, k] × [k, n]}. */
    static Workload sgemm(int m, int k, int n) {
        return product("sgemm-" + m + "x" + k + "x" + n, m, k, n);
    }

    private static Workload product(String name, int m, int k, int n) {
        return Workload.rate(name, Unit.GFLOPS, 2.0 * m * k * n, threads -> {
            Tensor a = Inputs.uniform(threads, m, k);
            Tensor b = Inputs.uniform(threads, k, n);
            return Inputs.scoped(() -> a.matmul(b));
        });
    }
}
