package espalier.tensor;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Packed little-endian elements as Java numbers. */
final class Convert {
    private Convert() {}

    static double[] toDoubles(byte[] packed, DType dtype) {
        ByteBuffer from = ByteBuffer.wrap(packed).order(ByteOrder.LITTLE_ENDIAN);
        double[] values = new double[packed.length / dtype.bytes()];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (dtype) {
                case F64 -> from.getDouble();
                case F32 -> from.getFloat();
                case F16 -> Float.float16ToFloat(from.getShort());
                case I64 -> from.getLong();
                case I32 -> from.getInt();
                case I8, BOOL -> from.get();
                case U8 -> from.get() & 0xFF;
            };
        }
        return values;
    }
}
