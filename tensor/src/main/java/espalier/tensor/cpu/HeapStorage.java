package espalier.tensor.cpu;

import espalier.tensor.DType;
import espalier.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;

/** A storage in a heap array, whose first elements and last ones may belong to nobody. */
public final class HeapStorage extends Storage {
    private final Object array;
    private final int start;
    private final HeapPool pool;

    HeapStorage(DType dtype, int start, int length, Object array, HeapPool pool) {
        super(dtype, length);
        this.array = array;
        this.start = start;
        this.pool = pool;
    }

    @Override
    public int start() {
        return start;
    }

    /** The array of an F32 storage. */
    public float[] floats() {
        return (float[]) array;
    }

    /** The array of an F64 storage. */
    public double[] doubles() {
        return (double[]) array;
    }

    /** The array of an F16 storage, holding bits. */
    public short[] halves() {
        return (short[]) array;
    }

    /** The array of an I64 storage. */
    public long[] longs() {
        return (long[]) array;
    }

    /** The array of an I32 storage. */
    public int[] ints() {
        return (int[]) array;
    }

    /** The array of an I8, U8 or BOOL storage. */
    public byte[] bytes() {
        return (byte[]) array;
    }

    /** The array as a segment over all its elements. */
    MemorySegment segment() {
        return switch (dtype()) {
            case F64 -> MemorySegment.ofArray(doubles());
            case F32 -> MemorySegment.ofArray(floats());
            case F16 -> MemorySegment.ofArray(halves());
            case I64 -> MemorySegment.ofArray(longs());
            case I32 -> MemorySegment.ofArray(ints());
            case I8, U8, BOOL -> MemorySegment.ofArray(bytes());
        };
    }

    /** One element as a double, for plain loops on types with fractions; I64 beyond 2<sup>53</sup> would be rounded. */
    double get(int at) {
        return switch (dtype()) {
            case F64 -> doubles()[at];
            case F32 -> floats()[at];
            case F16 -> Float.float16ToFloat(halves()[at]);
            case I64 -> longs()[at];
            case I32 -> ints()[at];
            case I8, BOOL -> bytes()[at];
            case U8 -> bytes()[at] & 0xFF;
        };
    }

    /**
     * Writes one element: integers are cut towards zero and, if 8 bits wide, wrap; BOOL is whether it differs from 0.
     */
    void set(int at, double value) {
        switch (dtype()) {
            case F64 -> doubles()[at] = value;
            case F32 -> floats()[at] = (float) value;
            case F16 -> halves()[at] = Float.floatToFloat16((float) value);
            case I64 -> longs()[at] = (long) value;
            case I32 -> ints()[at] = (int) value;
            case I8, U8 -> bytes()[at] = (byte) (long) value;
            case BOOL -> bytes()[at] = (byte) (value != 0 ? 1 : 0);
        }
    }

    /** One element of an integer type. */
    long getInteger(int at) {
        return switch (dtype()) {
            case I64 -> longs()[at];
            case I32 -> ints()[at];
            case I8, BOOL -> bytes()[at];
            case U8 -> bytes()[at] & 0xFF;
            case F64, F32, F16 -> throw new IllegalStateException(dtype() + " is no integer type");
        };
    }

    /** Writes the low bits of a number, or whether it differs from 0, to one element of an integer type. */
    void setInteger(int at, long value) {
        switch (dtype()) {
            case I64 -> longs()[at] = value;
            case I32 -> ints()[at] = (int) value;
            case I8, U8 -> bytes()[at] = (byte) value;
            case BOOL -> bytes()[at] = (byte) (value != 0 ? 1 : 0);
            case F64, F32, F16 -> throw new IllegalStateException(dtype() + " is no integer type");
        }
    }

    @Override
    protected void free() {
        pool.put(array, start);
    }
}
