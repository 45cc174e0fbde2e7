package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A tensor and what a plain reading of its layout says it holds.
 *
 * @param tensor on the device under test
 * @param values its elements in row-major order
 * @param name how it is laid out, for messages
 */
record Operand(Tensor tensor, double[] values, String name) {
    /** A tensor of this shape and arrangement with sample values. */
    static Operand of(Device device, DType type, Shape shape, Arrangement arrangement, Samples samples, long seed) {
        double[] stored = samples.values(type, arrangement.room(shape), seed);
        Tensor storage = upload(device, type, stored, Shape.of(stored.length));
        Layout layout = arrangement.of(shape);
        return new Operand(storage.view(layout), read(stored, layout), arrangement + " " + type + " " + shape);
    }

    /** Contiguous random values of moderate size. */
    static Operand tame(Device device, DType type, long seed, int... dims) {
        return of(device, type, Shape.of(dims), Arrangement.CONTIGUOUS, Samples.TAME, seed);
    }

    /** A contiguous tensor with these values. */
    static Operand exactly(Device device, DType type, double[] values, int... dims) {
        Shape shape = Shape.of(dims);
        return new Operand(upload(device, type, values, shape), values, type + " " + shape);
    }

    Shape shape() {
        return tensor.shape();
    }

    DType dtype() {
        return tensor.dtype();
    }

    /** The elements of a storage that a layout names, by the formula in {@link Layout}. */
    private static double[] read(double[] stored, Layout layout) {
        int[] dims = layout.shape().toArray();
        double[] values = new double[layout.shape().size()];
        for (int i = 0; i < values.length; i++) {
            int at = layout.offset();
            int rest = i;
            for (int axis = dims.length - 1; axis >= 0; axis--) {
                at += rest % dims[axis] * layout.stride(axis);
                rest /= dims[axis];
            }
            values[i] = stored[at];
        }
        return values;
    }

    /** A contiguous tensor, packed here so that no conversion of the back end is used. */
    static Tensor upload(Device device, DType type, double[] values, Shape shape) {
        ByteBuffer packed = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (double value : values) {
            switch (type) {
                case F64 -> packed.putDouble(value);
                case F32 -> packed.putFloat((float) value);
                case F16 -> packed.putShort(Float.floatToFloat16((float) value));
                case I64 -> packed.putLong((long) value);
                case I32 -> packed.putInt((int) value);
                case I8, U8, BOOL -> packed.put((byte) (int) value);
            }
        }
        return Tensor.of(device, type, MemorySegment.ofArray(packed.array()), shape);
    }
}
