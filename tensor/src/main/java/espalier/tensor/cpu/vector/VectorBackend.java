package espalier.tensor.cpu.vector;

import espalier.tensor.cpu.ScalarBackend;
import jdk.incubator.vector.FloatVector;

/**
 * The fast CPU back end: F32 operations by the Vector API, everything else by the plain loops it extends.
 *
 * <p>Each override is one line that hands over to the family of kernels that does the work. Results do not depend on
 * the number of threads, because work is split by shape alone.
 */
public final class VectorBackend extends ScalarBackend {
    /** A back end with a number of threads, at least 1. */
    public VectorBackend(int threads) {
        super(threads);
    }

    @Override
    public String name() {
        return "vector";
    }

    @Override
    public String description() {
        int lanes = FloatVector.SPECIES_PREFERRED.length();
        return "vector, " + lanes + " float lanes, " + parallel().threads() + " thread(s)";
    }
}
