package espalier.examples.bench;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Shapes of the other families, large and small, whose gain from a second thread is worth watching. */
final class ThreadWorkloads {
    private static final Set<String> NAMES = Set.of(
            "sgemm-256",
            "sgemm-1024",
            "sgemm-64x576x3136",
            "sgemm-10x400x128",
            "convfwd-3-16-32x32-b64",
            "convfwd-16-16-32x32-b64",
            "convfwd-64-64-8x8-b64",
            "convfwd-16-16-32x32-b1",
            "convfwdbwd-16-16-32x32-b64",
            "convfwdbwd-dw128-32x32-b64",
            "add-cache",
            "add-dram",
            "batchnorm-dram");

    private ThreadWorkloads() {}

    static List<Workload> all() {
        return Stream.of(Family.GEMM, Family.CONV, Family.ELEMENTWISE)
                .flatMap(family -> family.workloads().stream())
                .filter(workload -> NAMES.contains(workload.name()))
                .toList();
    }
}
