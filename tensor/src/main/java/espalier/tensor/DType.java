package espalier.tensor;

/**
 * The kind of number a tensor holds.
 *
 * <p>{@link #F32} is what networks compute with. The integers serve labels, indices, masks and quantized weights.
 * {@link #F64} exists so that gradients can be checked sharply; {@link #F16} only stores: convert before computing.
 *
 * <p><b>Integers</b> are exact and wrap around, as Java's do: a result is cut to the bits of its type, so
 * {@code 2147483647 + 1} is {@code −2147483648} in I32 and {@code 255 + 1} is 0 in U8. They divide towards zero, and a
 * division by 0 gives 0. Truth values compute as 0 and 1, and a result that differs from 0 is true. Sums, products and
 * running sums of the one-byte types are I32. Operations that make fractions (exp, sqrt, mean, …) refuse integers.
 *
 * <p><b>Conversion</b> cuts fractions towards zero. To I64 and I32, floating numbers beyond the ends become the end and
 * NaN becomes 0, as in a Java cast; from integer to integer the low bits stay. BOOL is whether the number differs from
 * 0.
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

    /**
     * The smallest value of an integer type.
     *
     * @throws IllegalArgumentException for a type with fractions
     */
    public long least() {
        return switch (this) {
            case I64 -> Long.MIN_VALUE;
            case I32 -> Integer.MIN_VALUE;
            case I8 -> Byte.MIN_VALUE;
            case U8, BOOL -> 0;
            case F64, F32, F16 -> throw new IllegalArgumentException(this + " is no integer type");
        };
    }

    /**
     * The largest value of an integer type.
     *
     * @throws IllegalArgumentException for a type with fractions
     */
    public long most() {
        return switch (this) {
            case I64 -> Long.MAX_VALUE;
            case I32 -> Integer.MAX_VALUE;
            case I8 -> Byte.MAX_VALUE;
            case U8 -> 255;
            case BOOL -> 1;
            case F64, F32, F16 -> throw new IllegalArgumentException(this + " is no integer type");
        };
    }

    /**
     * What an integer type holds of a 64-bit number: its low bits, or for BOOL whether it differs from 0.
     *
     * @throws IllegalArgumentException for a type with fractions
     */
    public long cut(long value) {
        return switch (this) {
            case I64 -> value;
            case I32 -> (int) value;
            case I8 -> (byte) value;
            case U8 -> value & 0xFF;
            case BOOL -> value != 0 ? 1 : 0;
            case F64, F32, F16 -> throw new IllegalArgumentException(this + " is no integer type");
        };
    }
}
