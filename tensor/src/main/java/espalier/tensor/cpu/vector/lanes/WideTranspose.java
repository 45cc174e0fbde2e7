package espalier.tensor.cpu.vector.lanes;

import static jdk.incubator.vector.FloatVector.fromArray;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * The blocks of {@link Transpose} in vectors of 16 lanes: as there, each step lets the elements whose place differs in
 * one bit change across the diagonal. A row of a block is a cache line, which is then asked for once and not twice.
 */
final class WideTranspose {
    private static final VectorSpecies<Float> SIXTEEN = FloatVector.SPECIES_512;
    /** As {@link Lanes#VECTOR}. */
    private static final Class<? extends FloatVector> VECTOR =
            FloatVector.zero(SIXTEEN).getClass();

    private static final VectorShuffle<Float> SWAP_8 = VectorShuffle.fromOp(SIXTEEN, i -> i ^ 8);
    private static final VectorShuffle<Float> SWAP_4 = VectorShuffle.fromOp(SIXTEEN, i -> i ^ 4);
    private static final VectorShuffle<Float> SWAP_2 = VectorShuffle.fromOp(SIXTEEN, i -> i ^ 2);
    private static final VectorShuffle<Float> SWAP_1 = VectorShuffle.fromOp(SIXTEEN, i -> i ^ 1);
    private static final VectorMask<Float> UPPER_8 = VectorMask.fromLong(SIXTEEN, 0b1111111100000000);
    private static final VectorMask<Float> UPPER_4 = VectorMask.fromLong(SIXTEEN, 0b1111000011110000);
    private static final VectorMask<Float> UPPER_2 = VectorMask.fromLong(SIXTEEN, 0b1100110011001100);
    private static final VectorMask<Float> UPPER_1 = VectorMask.fromLong(SIXTEEN, 0b1010101010101010);

    /** Elements 0, 2, .. 14 before 1, 3, .. 15. */
    private static final VectorShuffle<Float> EVEN_ODD = VectorShuffle.fromOp(SIXTEEN, i -> 2 * (i & 7) + (i >> 3));

    private WideTranspose() {}

    /** Sixteen rows of sixteen. */
    static void sixteen(float[] from, int at, int stride, float[] to, int toAt, int toStride) {
        FloatVector r0 = fromArray(SIXTEEN, from, at);
        FloatVector r1 = fromArray(SIXTEEN, from, at + stride);
        FloatVector r2 = fromArray(SIXTEEN, from, at + 2 * stride);
        FloatVector r3 = fromArray(SIXTEEN, from, at + 3 * stride);
        FloatVector r4 = fromArray(SIXTEEN, from, at + 4 * stride);
        FloatVector r5 = fromArray(SIXTEEN, from, at + 5 * stride);
        FloatVector r6 = fromArray(SIXTEEN, from, at + 6 * stride);
        FloatVector r7 = fromArray(SIXTEEN, from, at + 7 * stride);
        FloatVector r8 = fromArray(SIXTEEN, from, at + 8 * stride);
        FloatVector r9 = fromArray(SIXTEEN, from, at + 9 * stride);
        FloatVector r10 = fromArray(SIXTEEN, from, at + 10 * stride);
        FloatVector r11 = fromArray(SIXTEEN, from, at + 11 * stride);
        FloatVector r12 = fromArray(SIXTEEN, from, at + 12 * stride);
        FloatVector r13 = fromArray(SIXTEEN, from, at + 13 * stride);
        FloatVector r14 = fromArray(SIXTEEN, from, at + 14 * stride);
        FloatVector r15 = fromArray(SIXTEEN, from, at + 15 * stride);
        FloatVector s0 = r0.blend(r8.rearrange(SWAP_8), UPPER_8);
        FloatVector s8 = r0.rearrange(SWAP_8).blend(r8, UPPER_8);
        FloatVector s1 = r1.blend(r9.rearrange(SWAP_8), UPPER_8);
        FloatVector s9 = r1.rearrange(SWAP_8).blend(r9, UPPER_8);
        FloatVector s2 = r2.blend(r10.rearrange(SWAP_8), UPPER_8);
        FloatVector s10 = r2.rearrange(SWAP_8).blend(r10, UPPER_8);
        FloatVector s3 = r3.blend(r11.rearrange(SWAP_8), UPPER_8);
        FloatVector s11 = r3.rearrange(SWAP_8).blend(r11, UPPER_8);
        FloatVector s4 = r4.blend(r12.rearrange(SWAP_8), UPPER_8);
        FloatVector s12 = r4.rearrange(SWAP_8).blend(r12, UPPER_8);
        FloatVector s5 = r5.blend(r13.rearrange(SWAP_8), UPPER_8);
        FloatVector s13 = r5.rearrange(SWAP_8).blend(r13, UPPER_8);
        FloatVector s6 = r6.blend(r14.rearrange(SWAP_8), UPPER_8);
        FloatVector s14 = r6.rearrange(SWAP_8).blend(r14, UPPER_8);
        FloatVector s7 = r7.blend(r15.rearrange(SWAP_8), UPPER_8);
        FloatVector s15 = r7.rearrange(SWAP_8).blend(r15, UPPER_8);
        r0 = s0.blend(s4.rearrange(SWAP_4), UPPER_4);
        r4 = s0.rearrange(SWAP_4).blend(s4, UPPER_4);
        r1 = s1.blend(s5.rearrange(SWAP_4), UPPER_4);
        r5 = s1.rearrange(SWAP_4).blend(s5, UPPER_4);
        r2 = s2.blend(s6.rearrange(SWAP_4), UPPER_4);
        r6 = s2.rearrange(SWAP_4).blend(s6, UPPER_4);
        r3 = s3.blend(s7.rearrange(SWAP_4), UPPER_4);
        r7 = s3.rearrange(SWAP_4).blend(s7, UPPER_4);
        r8 = s8.blend(s12.rearrange(SWAP_4), UPPER_4);
        r12 = s8.rearrange(SWAP_4).blend(s12, UPPER_4);
        r9 = s9.blend(s13.rearrange(SWAP_4), UPPER_4);
        r13 = s9.rearrange(SWAP_4).blend(s13, UPPER_4);
        r10 = s10.blend(s14.rearrange(SWAP_4), UPPER_4);
        r14 = s10.rearrange(SWAP_4).blend(s14, UPPER_4);
        r11 = s11.blend(s15.rearrange(SWAP_4), UPPER_4);
        r15 = s11.rearrange(SWAP_4).blend(s15, UPPER_4);
        s0 = r0.blend(r2.rearrange(SWAP_2), UPPER_2);
        s2 = r0.rearrange(SWAP_2).blend(r2, UPPER_2);
        s1 = r1.blend(r3.rearrange(SWAP_2), UPPER_2);
        s3 = r1.rearrange(SWAP_2).blend(r3, UPPER_2);
        s4 = r4.blend(r6.rearrange(SWAP_2), UPPER_2);
        s6 = r4.rearrange(SWAP_2).blend(r6, UPPER_2);
        s5 = r5.blend(r7.rearrange(SWAP_2), UPPER_2);
        s7 = r5.rearrange(SWAP_2).blend(r7, UPPER_2);
        s8 = r8.blend(r10.rearrange(SWAP_2), UPPER_2);
        s10 = r8.rearrange(SWAP_2).blend(r10, UPPER_2);
        s9 = r9.blend(r11.rearrange(SWAP_2), UPPER_2);
        s11 = r9.rearrange(SWAP_2).blend(r11, UPPER_2);
        s12 = r12.blend(r14.rearrange(SWAP_2), UPPER_2);
        s14 = r12.rearrange(SWAP_2).blend(r14, UPPER_2);
        s13 = r13.blend(r15.rearrange(SWAP_2), UPPER_2);
        s15 = r13.rearrange(SWAP_2).blend(r15, UPPER_2);
        VECTOR.cast(s0.blend(s1.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt);
        VECTOR.cast(s0.rearrange(SWAP_1).blend(s1, UPPER_1)).intoArray(to, toAt + toStride);
        VECTOR.cast(s2.blend(s3.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt + 2 * toStride);
        VECTOR.cast(s2.rearrange(SWAP_1).blend(s3, UPPER_1)).intoArray(to, toAt + 3 * toStride);
        VECTOR.cast(s4.blend(s5.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt + 4 * toStride);
        VECTOR.cast(s4.rearrange(SWAP_1).blend(s5, UPPER_1)).intoArray(to, toAt + 5 * toStride);
        VECTOR.cast(s6.blend(s7.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt + 6 * toStride);
        VECTOR.cast(s6.rearrange(SWAP_1).blend(s7, UPPER_1)).intoArray(to, toAt + 7 * toStride);
        VECTOR.cast(s8.blend(s9.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt + 8 * toStride);
        VECTOR.cast(s8.rearrange(SWAP_1).blend(s9, UPPER_1)).intoArray(to, toAt + 9 * toStride);
        VECTOR.cast(s10.blend(s11.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt + 10 * toStride);
        VECTOR.cast(s10.rearrange(SWAP_1).blend(s11, UPPER_1)).intoArray(to, toAt + 11 * toStride);
        VECTOR.cast(s12.blend(s13.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt + 12 * toStride);
        VECTOR.cast(s12.rearrange(SWAP_1).blend(s13, UPPER_1)).intoArray(to, toAt + 13 * toStride);
        VECTOR.cast(s14.blend(s15.rearrange(SWAP_1), UPPER_1)).intoArray(to, toAt + 14 * toStride);
        VECTOR.cast(s14.rearrange(SWAP_1).blend(s15, UPPER_1)).intoArray(to, toAt + 15 * toStride);
    }

    /**
     * Eight rows of sixteen, to sixteen rows of eight without gaps. Three steps leave two columns in a vector, their
     * elements in turn.
     */
    static void eight(float[] from, int at, int stride, float[] to, int toAt) {
        FloatVector r0 = fromArray(SIXTEEN, from, at);
        FloatVector r1 = fromArray(SIXTEEN, from, at + stride);
        FloatVector r2 = fromArray(SIXTEEN, from, at + 2 * stride);
        FloatVector r3 = fromArray(SIXTEEN, from, at + 3 * stride);
        FloatVector r4 = fromArray(SIXTEEN, from, at + 4 * stride);
        FloatVector r5 = fromArray(SIXTEEN, from, at + 5 * stride);
        FloatVector r6 = fromArray(SIXTEEN, from, at + 6 * stride);
        FloatVector r7 = fromArray(SIXTEEN, from, at + 7 * stride);
        FloatVector s0 = r0.blend(r4.rearrange(SWAP_8), UPPER_8);
        FloatVector s4 = r0.rearrange(SWAP_8).blend(r4, UPPER_8);
        FloatVector s1 = r1.blend(r5.rearrange(SWAP_8), UPPER_8);
        FloatVector s5 = r1.rearrange(SWAP_8).blend(r5, UPPER_8);
        FloatVector s2 = r2.blend(r6.rearrange(SWAP_8), UPPER_8);
        FloatVector s6 = r2.rearrange(SWAP_8).blend(r6, UPPER_8);
        FloatVector s3 = r3.blend(r7.rearrange(SWAP_8), UPPER_8);
        FloatVector s7 = r3.rearrange(SWAP_8).blend(r7, UPPER_8);
        r0 = s0.blend(s2.rearrange(SWAP_4), UPPER_4);
        r2 = s0.rearrange(SWAP_4).blend(s2, UPPER_4);
        r1 = s1.blend(s3.rearrange(SWAP_4), UPPER_4);
        r3 = s1.rearrange(SWAP_4).blend(s3, UPPER_4);
        r4 = s4.blend(s6.rearrange(SWAP_4), UPPER_4);
        r6 = s4.rearrange(SWAP_4).blend(s6, UPPER_4);
        r5 = s5.blend(s7.rearrange(SWAP_4), UPPER_4);
        r7 = s5.rearrange(SWAP_4).blend(s7, UPPER_4);
        s0 = r0.blend(r1.rearrange(SWAP_2), UPPER_2);
        s1 = r0.rearrange(SWAP_2).blend(r1, UPPER_2);
        s2 = r2.blend(r3.rearrange(SWAP_2), UPPER_2);
        s3 = r2.rearrange(SWAP_2).blend(r3, UPPER_2);
        s4 = r4.blend(r5.rearrange(SWAP_2), UPPER_2);
        s5 = r4.rearrange(SWAP_2).blend(r5, UPPER_2);
        s6 = r6.blend(r7.rearrange(SWAP_2), UPPER_2);
        s7 = r6.rearrange(SWAP_2).blend(r7, UPPER_2);
        s0.rearrange(EVEN_ODD).intoArray(to, toAt);
        s1.rearrange(EVEN_ODD).intoArray(to, toAt + 16);
        s2.rearrange(EVEN_ODD).intoArray(to, toAt + 32);
        s3.rearrange(EVEN_ODD).intoArray(to, toAt + 48);
        s4.rearrange(EVEN_ODD).intoArray(to, toAt + 64);
        s5.rearrange(EVEN_ODD).intoArray(to, toAt + 80);
        s6.rearrange(EVEN_ODD).intoArray(to, toAt + 96);
        s7.rearrange(EVEN_ODD).intoArray(to, toAt + 112);
    }
}
