package espalier.sparsity.export;

import espalier.tensor.io.TensorFormatException;

/**
 * Writes and reads the values that a packed tensor holds, in the order of their positions.
 *
 * @param name of the tensor, for complaints
 * @param rows rows of the matrix
 * @param columns columns of the matrix
 * @param held where in the matrix the values stand
 */
record ValueCode(String name, int rows, int columns, Held held) {
    /**
     * Writes values, of which none is lost.
     *
     * @throws IllegalArgumentException if they are not of this form, saying why
     */
    void write(Coding coding, float[] values, BitWriter to) {
        switch (coding) {
            case F32 -> {
                to.reals(values);
            }
            case F16 -> {
                for (float value : values) {
                    short half = Float.floatToFloat16(value);
                    if (Float.float16ToFloat(half) != value) {
                        throw new IllegalArgumentException(
                                "f16: " + name + " holds " + value + ", which 16 bits cannot hold");
                    }
                    to.fixed(half, 2);
                }
            }
            case CODEBOOK, HUFFMAN -> CodebookCode.write(name, coding, values, to);
            case INT8, INT4, TERNARY, BINARY -> new ScaledCode(name, coding, rows, columns).write(held, values, to);
        }
    }

    /** Reads as many values as there are positions. */
    float[] read(Coding coding, BitReader from) throws TensorFormatException {
        return switch (coding) {
            case F32 -> {
                requireRoom(held.count(), 32, from);
                yield from.reals(held.count());
            }
            case F16 -> {
                requireRoom(held.count(), 16, from);
                float[] values = new float[held.count()];
                for (int i = 0; i < values.length; i++) {
                    values[i] = Float.float16ToFloat((short) from.fixed(2));
                }
                yield values;
            }
            case CODEBOOK, HUFFMAN -> CodebookCode.read(coding, held.count(), from);
            case INT8, INT4, TERNARY, BINARY -> {
                ScaledCode code = new ScaledCode(name, coding, rows, columns);
                yield code.read(held.count(), from).toFloats(columns, held);
            }
        };
    }

    /** Refuses, before anything is allocated, what the bytes that are left cannot hold. */
    static void requireRoom(long count, int bits, BitReader from) throws TensorFormatException {
        if (count * bits > from.bitsLeft()) {
            throw from.refusal(count + " values of " + bits + " bits reach beyond the end");
        }
    }
}
