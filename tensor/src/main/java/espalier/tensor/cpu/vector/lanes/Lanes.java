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
     * The class of these vectors, which {@code FloatVector} does not say. What the compiler (C2) does not know the
     * class of when it reads a call, such as a vector that comes out of a loop or of {@code fromArray}, goes by what
     * others called the same method on; where they had vectors of another length, it may become an object, in each call
     * of a kernel. After {@code VECTOR.cast(v)}, which costs nothing, the class is known: so a vector is cast before
     * anything is called on it, unless it comes of a call on one that was.
     *
     * <p>In a method of more than 18,000 nodes C2 puts off the calls beyond, and what they return is not known either:
     * a multiply-add has 460, a load 320, a store 220. Kernels stay below that or cast once more.
     */
    public static final Class<? extends FloatVector> VECTOR =
            FloatVector.zero(FLOATS).getClass();

    /** Ones, of which the compiler knows the class, and so that of {@code ONE.broadcast(x)}. */
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
