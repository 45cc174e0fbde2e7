package espalier.tensor;

/**
 * The kind of number a tensor holds.
 *
 * <p>{@link #F32} is what networks compute with. The integers serve labels, indices, masks and quantized weights.
 * {@link #F64} exists so that gradients can be checked sharply; {@link #F16} only stores: convert before computing.
 */
public enum DType {
    /** IEEE 754 double precision, 8 bytes. */
    F64(8),
    /** IEEE 754 single precision, 4 bytes: the type of all fast kernels. */
    F32(4),
    /** IEEE 754 half precision, 2 bytes, a storage type. */
    F16(2),
    /** Signed 64-bit integer. */
    I64(8),
    /** Signed 32-bit integer: the type of labels and indices. */
    I32(4),
    /** Signed 8-bit integer. */
    I8(1),
    /** Unsigned 8-bit integer, 0 to 255. */
    U8(1),
    /** Truth value, stored as a byte that is 0 or 1: the type of comparisons and masks. */
    BOOL(1);

    private final int bytes;

    DType(int bytes) {
        this.bytes = bytes;
    }

    /** Bytes that one element takes. */
    public int bytes() {
        return bytes;
    }

    /** Whether values have a fraction: F64, F32 or F16. */
    public boolean isFloating() {
        return this == F64 || this == F32 || this == F16;
    }
}
