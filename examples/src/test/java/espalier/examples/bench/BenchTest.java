package espalier.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The arithmetic of the benchmarks, and the names that tools know them by. Nothing is timed here. */
class BenchTest {
    @Test
    void ratesDivideWorkByTimeAndTimesDoNot() {
        assertEquals(4.0, Unit.GFLOPS.of(2e9, 0.5));
        assertEquals(3.0, Unit.GBS.of(1.5e9, 0.5));
        assertEquals(250.0, Unit.MILLISECONDS.of(0, 0.25));
        assertEquals(250.0, Unit.MICROSECONDS.of(0, 0.00025), 1e-9);
    }

    @Test
    void aSpeedupIsAboveOneWhenTheSecondIsBetter() {
        assertEquals(2.0, Unit.GFLOPS.speedup(50, 100));
        assertEquals(2.0, Unit.MILLISECONDS.speedup(8, 4));
    }

    @Test
    void theMedianOfAnEvenNumberIsTheMiddleOfTwo() {
        assertEquals(2.0, new Measurement(new double[] {1, 2, 7}).median());
        assertEquals(3.0, new Measurement(new double[] {1, 2, 4, 9}).median());
        assertEquals(1.0, new Measurement(new double[] {1, 2, 4, 9}).best());
    }

    @Test
    void noTwoWorkloadsShareAName() {
        Set<String> seen = new HashSet<>();
        for (Family family : Family.values()) {
            if (family != Family.THREADS) {
                family.workloads()
                        .forEach(
                                workload -> assertTrue(seen.add(workload.name()), workload.name() + " is there twice"));
            }
        }
    }

    @Test
    void theNamesThatFiguresAreKeptUnderAreThere() {
        List<String> names =
                Family.GEMM.workloads().stream().map(Workload::name).toList();
        assertTrue(
                names.containsAll(List.of("sgemm-256", "sgemm-2048", "sgemm-64x576x3136", "sgemm-10x400x128-unpacked")),
                names::toString);
        names = Family.CONV.workloads().stream().map(Workload::name).toList();
        assertTrue(
                names.containsAll(
                        List.of("convfwd-3-16-32x32-b64", "convfwdbwd-dw128-32x32-b64", "convfwd-20-50-12x12-k5-b64")),
                names::toString);
        names = Family.SPARSE.workloads().stream().map(Workload::name).toList();
        assertTrue(names.containsAll(List.of("spmm-512x512x128-dense", "spmm-512x512x128-b4x1-98")), names::toString);
        assertEquals(13, Family.THREADS.workloads().size());
    }
}
