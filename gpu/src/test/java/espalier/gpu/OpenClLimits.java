package espalier.gpu;

import espalier.tensor.DType;
import espalier.tensor.conformance.Limits;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;
import java.util.EnumSet;
import java.util.Set;

/** What the standard promises for functions of one number (OpenCL C 1.2, section 7.4), and what follows for others. */
class OpenClLimits extends Limits {
    /**
     * Each operation is compiled for each type, which takes most of the time of these tests; the types of training are
     * tested always, and all of them with {@code -Despalier.gpu.allTypes=true}.
     */
    @Override
    public Set<DType> types() {
        return Boolean.getBoolean("espalier.gpu.allTypes")
                ? EnumSet.complementOf(EnumSet.of(DType.F16))
                : EnumSet.of(DType.F32, DType.I32, DType.BOOL);
    }

    @Override
    public Set<DType> stored() {
        return Boolean.getBoolean("espalier.gpu.allTypes")
                ? EnumSet.allOf(DType.class)
                : EnumSet.of(DType.F32, DType.F16, DType.I32, DType.BOOL);
    }

    @Override
    public boolean subnormals() {
        return false;
    }

    @Override
    public double ulps(UnaryOp op) {
        return switch (op) {
            case NEG, ABS, SIGN, SQUARE, RELU, FLOOR, ROUND, NOT -> 0;
            case RSQRT -> 2;
            case SQRT, RECIPROCAL, EXP, LOG -> 3;
            case TANH -> 5;
            case SIGMOID, SILU, SOFTPLUS -> 8;
            case ERF -> 16;
            case GELU -> 20;
        };
    }

    @Override
    public double ulps(BinaryOp op) {
        return switch (op) {
            case DIV -> 2.5;
            case POW -> 16;
            case SIGMOID_GRADIENT, TANH_GRADIENT -> 4;
            case SILU_GRADIENT -> 16;
            case GELU_GRADIENT -> 20;
            case ADD, SUB, MUL, MIN, MAX, SOFT_THRESHOLD, RELU_GRADIENT -> 0;
            case EQ, NE, LT, LE, GT, GE, AND, OR, XOR -> 0;
        };
    }
}
