package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;
import java.util.EnumSet;
import java.util.Set;

/**
 * What a back end promises: the types it computes with and how many units in the last place it may be off.
 *
 * <p>The figures here are those of the CPU back ends. A back end that promises less overrides a method, and so says in
 * one place what it promises. Sums are not listed: they are held to the bound that any order of summation keeps (Higham
 * 2002, section 3.1).
 */
public class Limits {
    /** The promises of the CPU back ends. */
    public Limits() {}

    /** Types that can be computed with; those that can only be stored are left out. */
    public Set<DType> types() {
        return EnumSet.of(DType.F64, DType.F32, DType.I64, DType.I32, DType.I8, DType.U8, DType.BOOL);
    }

    /** Types that can be stored, copied and converted. */
    public Set<DType> stored() {
        return EnumSet.allOf(DType.class);
    }

    /** Whether results below 2<sup>−126</sup> keep their digits; if not they may become 0. */
    public boolean subnormals() {
        return true;
    }

    /**
     * Whether convolutions three rows high add up rows before they multiply: their sums then hold more products than
     * the plain ones and are allowed four times the bound, and an infinity in them may become NaN.
     */
    public boolean combinesRows() {
        return false;
    }

    /** Units in the last place by which the result may differ from the correctly rounded one. */
    public double ulps(UnaryOp op) {
        return switch (op) {
            case NEG, ABS, SIGN, SQRT, RECIPROCAL, SQUARE, RELU, FLOOR, ROUND, NOT -> 0;
            case EXP, LOG, RSQRT, TANH, ERF -> 2;
            case SIGMOID, SILU, SOFTPLUS -> 3;
            case GELU -> 4;
        };
    }

    /** Units in the last place by which the result may differ from the correctly rounded one. */
    public double ulps(BinaryOp op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, MIN, MAX, SOFT_THRESHOLD, RELU_GRADIENT -> 0;
            case EQ, NE, LT, LE, GT, GE, AND, OR, XOR -> 0;
            case POW -> 2;
            case SIGMOID_GRADIENT -> 3;
            case TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT -> 4;
        };
    }
}
