package espalier.tensor.cpu.vector.elementwise;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.INTS;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** y[i] = condition[i] ≠ 0 ? a[i] : b[i], for runs of bytes and floats. */
final class SelectKernel {
    /** As many bytes as a vector holds floats; there is no such vector for four lanes. */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * COUNT)));

    private SelectKernel() {}

    /**
     * Chooses {@code n} elements.
     *
     * @param as stride of {@code a}: 1, or 0 for one number
     * @param bs stride of {@code b}: 1, or 0 for one number
     */
    static void run(
            byte[] condition, int co, float[] a, int ao, int as, float[] b, int bo, int bs, float[] y, int yo, int n) {
        int whole = COUNT >= 8 ? Lanes.whole(n) : 0;
        if (whole > 0) {
            float[] u = as == 0 ? BinaryKernel.repeated(a[ao], n, Scratch.OPERAND) : a;
            float[] v = bs == 0 ? BinaryKernel.repeated(b[bo], n, Scratch.OPERAND_2) : b;
            for (int i = 0; i < whole; i += VectorMath.BLOCK) {
                int block = Math.min(VectorMath.BLOCK, whole - i);
                vectors(condition, co + i, u, as * (ao + i), v, bs * (bo + i), y, yo + i, block);
            }
        }
        for (int i = whole; i < n; i++) {
            y[yo + i] = condition[co + i] != 0 ? a[ao + as * i] : b[bo + bs * i];
        }
    }

    private static void vectors(
            byte[] condition, int co, float[] a, int ao, float[] b, int bo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            var wide = ByteVector.fromArray(BYTES, condition, co + i).convertShape(VectorOperators.B2I, INTS, 0);
            var chosen = wide.compare(VectorOperators.NE, 0).cast(FLOATS);
            fromArray(FLOATS, b, bo + i)
                    .blend(fromArray(FLOATS, a, ao + i), chosen)
                    .intoArray(y, yo + i);
        }
    }
}
