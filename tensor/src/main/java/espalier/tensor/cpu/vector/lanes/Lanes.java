package espalier.tensor.cpu.vector.lanes;

import espalier.tensor.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * The vector width of this process: as many float lanes as the machine's registers hold (4, 8 or 16).
 *
 * <p>A vector wider than the machine's is correct but a hundred times slower. The system property
 * {@code espalier.lanes} asks for another width all the same, so that a test can show that results do not depend on it.
 */
public final class Lanes {
    /** Vectors of floats. */
    public static final VectorSpecies<Float> FLOATS = VectorSpecies.of(
            float.class, VectorShape.forBitSize(32 * Integer.getInteger("espalier.lanes", preferred())));

    /** Vectors of as many ints. */
    public static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED.withShape(FLOATS.vectorShape());

    /** How many floats a vector holds. */
    public static final int COUNT = FLOATS.length();

    /**
     * Ones, as a constant whose class the compiler (C2) knows when it reads a method: {@code FloatVector} is abstract,
     * and a vector that comes out of a loop is of some subclass. What is called on it goes by what other callers called
     * it on, and where they used vectors of another length it becomes an object. On this constant, and on what comes of
     * it, calls go where they must: {@code ONE.broadcast(x)} rather than {@code broadcast(FLOATS, x)}, and
     * {@code ONE.fma(sum, y).intoArray(..)} rather than {@code sum.add(y).intoArray(..)}.
     *
     * <p>A loop that runs once at least, {@code do}, out of which sums come with their class, is no way around it: in
     * two processes of eight all sums of such a loop became objects, in each of its turns.
     */
    public static final FloatVector ONE = FloatVector.broadcast(FLOATS, 1f);

    private Lanes() {}

    private static int preferred() {
        return Math.min(16, FloatVector.SPECIES_PREFERRED.length());
    }

    /** The part of a run of {@code n} elements that whole vectors cover. */
    public static int whole(int n) {
        return n & -COUNT;
    }

    /**
     * The last elements of a run, less than a vector of them, with zeros to make up one, in memory of the calling
     * thread.
     */
    public static float[] rest(float[] x, int at, int n, int slot) {
        float[] copy = Scratch.zeros(slot, COUNT);
        System.arraycopy(x, at, copy, 0, n);
        return copy;
    }
}
