package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.spi.Backend;
import org.junit.jupiter.api.Test;

/** The choice of the CPU back end, with the Vector API and without it: the tests run both ways. */
class CpuBackendsTest {
    private static final boolean VECTORS =
            ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();

    @Test
    void theVectorBackEndWhereThereIsTheVectorApi() {
        Backend chosen = CpuBackends.fastest(3);
        assertEquals(VECTORS ? "vector" : "scalar", chosen.name());
        assertEquals("scalar", CpuBackends.reference().name());
        assertEquals(
                "CPU back end: " + chosen.description() + ", because there is "
                        + (VECTORS
                                ? "the module jdk.incubator.vector"
                                : "no module jdk.incubator.vector: for the fast back end start java with --add-modules"
                                        + " jdk.incubator.vector"),
                CpuBackends.announcement(chosen));
    }

    @Test
    void theScalarBackEndBesideTheVectorApiSaysThatTheOtherFailed() {
        String said = CpuBackends.announcement(new ScalarBackend(1));
        assertEquals(VECTORS, said.endsWith(", because the vector back end cannot be loaded"), said);
    }
}
