package espalier.tensor.cpu.vector.packed;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Bytes as the wider numbers that can be multiplied. Plain loops over two arrays of different types are not vectorized.
 */
final class ByteLanes {
    private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Short> SHORTS = ShortVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Float> FLOATS = FloatVector.SPECIES_PREFERRED;
    private static final VectorSpecies<Byte> FOR_SHORTS = part(SHORTS.length());
    private static final VectorSpecies<Byte> FOR_FLOATS = part(FLOATS.length());

    private ByteLanes() {}

    /** Bytes for a wider vector of {@code lanes}; the least there is are 8. */
    private static VectorSpecies<Byte> part(int lanes) {
        return VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * lanes)));
    }

    /** {@code max|x|}, 0 to 128. */
    static int maxMagnitude(byte[] x, int at, int count) {
        ByteVector most = ByteVector.zero(BYTES);
        ByteVector least = ByteVector.zero(BYTES);
        int whole = count - count % BYTES.length();
        for (int i = 0; i < whole; i += BYTES.length()) {
            ByteVector v = ByteVector.fromArray(BYTES, x, at + i);
            most = most.max(v);
            least = least.min(v);
        }
        int max = Math.max(most.reduceLanes(VectorOperators.MAX), -least.reduceLanes(VectorOperators.MIN));
        for (int i = whole; i < count; i++) {
            max = Math.max(max, Math.abs(x[at + i]));
        }
        return max;
    }

    /** {@code to[i] = x[i]} for {@code count} elements. */
    static void widen(byte[] x, int at, short[] to, int toAt, int count) {
        int whole = count - count % SHORTS.length();
        for (int i = 0; i < whole; i += SHORTS.length()) {
            ByteVector v = ByteVector.fromArray(FOR_SHORTS, x, at + i);
            ((ShortVector) v.convertShape(VectorOperators.B2S, SHORTS, 0)).intoArray(to, toAt + i);
        }
        for (int i = whole; i < count; i++) {
            to[toAt + i] = x[at + i];
        }
    }

    /** {@code to[i] = x[i]} for {@code count} elements. */
    static void widen(byte[] x, int at, float[] to, int toAt, int count) {
        int whole = FOR_FLOATS.length() == FLOATS.length() ? count - count % FLOATS.length() : 0;
        for (int i = 0; i < whole; i += FLOATS.length()) {
            ByteVector v = ByteVector.fromArray(FOR_FLOATS, x, at + i);
            ((FloatVector) v.convertShape(VectorOperators.B2F, FLOATS, 0)).intoArray(to, toAt + i);
        }
        for (int i = whole; i < count; i++) {
            to[toAt + i] = x[at + i];
        }
    }
}
