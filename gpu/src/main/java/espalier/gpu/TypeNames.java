package espalier.gpu;

import espalier.tensor.DType;

/** The types of OpenCL C for those of tensors; {@code types.cl} has the same table. */
final class TypeNames {
    private TypeNames() {}

    /** What a kernel computes with, after loading an element. */
    static String computing(DType type) {
        return switch (type) {
            case F64 -> "double";
            case F32, F16 -> "float";
            case I64 -> "long";
            case I32 -> "int";
            case I8 -> "char";
            case U8, BOOL -> "uchar";
        };
    }

    /** Definitions of {@code T} and of what may be asked about it. */
    static String define(DType type) {
        return " -DT=" + computing(type)
                + switch (type) {
                    case F64 -> " -DFLOATING";
                    case F32, F16 -> " -DFLOATING -DSINGLE";
                    case I64, I32, I8, U8, BOOL -> "";
                };
    }

    /** A number as the argument of a kernel whose parameter is {@code T}. */
    static Object number(DType type, double value) {
        return switch (type) {
            case F64 -> value;
            case F32, F16 -> (float) value;
            case I64 -> (long) value;
            case I32 -> (int) value;
            case I8, U8 -> (byte) (long) value;
            case BOOL -> (byte) (value != 0 ? 1 : 0);
        };
    }
}
