package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;

/** Unary and binary operations against the definition in their enum, in double precision; and the choice by mask. */
final class ElementwiseCases {
    private final Device device;
    private final Limits limits;

    private ElementwiseCases(Device device, Limits limits) {
        this.device = device;
        this.limits = limits;
    }

    static Stream<Case> of(Device device, Limits limits) {
        ElementwiseCases cases = new ElementwiseCases(device, limits);
        return Stream.of(cases.unary(), cases.binary(), cases.where()).flatMap(rows -> rows);
    }

    // ---- one operand

    private Stream<Case> unary() {
        return Arrays.stream(UnaryOp.values())
                .flatMap(op -> types(op).stream().map(type -> new Case(op + " of " + type, () -> unary(op, type))));
    }

    private Set<DType> types(UnaryOp op) {
        Set<DType> types = EnumSet.copyOf(
                switch (op) {
                    case NOT -> EnumSet.complementOf(EnumSet.of(DType.F16));
                    case NEG, ABS, SIGN, SQUARE, RELU, FLOOR, ROUND ->
                        EnumSet.of(DType.F32, DType.F64, DType.I32, DType.I64, DType.I8);
                    case EXP, LOG, SQRT, RSQRT, RECIPROCAL, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ERF ->
                        EnumSet.of(DType.F32, DType.F64);
                });
        types.retainAll(limits.types());
        return types;
    }

    private void unary(UnaryOp op, DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                Operand x = Operand.of(device, type, shape, arrangement, Samples.HARD, seed++);
                String what = op + " of " + x.name();
                Target out = Target.of(device, op == UnaryOp.NOT ? DType.BOOL : type, shape);
                device.backend().unary(op, x.tensor(), out.view());
                check(op, what, x.values(), out.written(what));
            }
            Operand x = Operand.of(device, type, shape, Arrangement.OFFSET, Samples.HARD, seed++);
            if (op != UnaryOp.NOT) {
                device.backend().unary(op, x.tensor(), x.tensor());
                check(op, op + " in place of " + x.name(), x.values(), x.tensor());
            }
        }
    }

    private void check(UnaryOp op, String what, double[] x, Tensor actual) {
        double[] expected = Arrays.stream(x).map(op::apply).toArray();
        boolean zeroKeepsItsSign = switch (op) {
            case NEG, ABS, SIGN, FLOOR, ROUND -> actual.dtype().isFloating();
            case EXP, LOG, SQRT, RSQRT, RECIPROCAL, SQUARE, SIGMOID, TANH, RELU -> false;
            case GELU, SILU, SOFTPLUS, ERF, NOT -> false;
        };
        Expect.within(what, expected, slack(expected.length), limits.ulps(op), zeroKeepsItsSign, actual);
    }

    private double[] slack(int n) {
        double[] slack = new double[n];
        Arrays.fill(slack, limits.subnormals() ? 0 : Float.MIN_NORMAL);
        return slack;
    }

    // ---- two operands

    private Stream<Case> binary() {
        return Arrays.stream(BinaryOp.values())
                .flatMap(op -> types(op).stream().map(type -> new Case(op + " of " + type, () -> binary(op, type))));
    }

    private Set<DType> types(BinaryOp op) {
        Set<DType> types = EnumSet.copyOf(
                switch (op) {
                    case ADD, MUL, MIN, MAX, LT, LE, GT, GE -> EnumSet.complementOf(EnumSet.of(DType.F16, DType.BOOL));
                    case EQ, NE, AND, OR, XOR -> EnumSet.complementOf(EnumSet.of(DType.F16));
                    case SUB, DIV -> EnumSet.of(DType.F32, DType.F64, DType.I32, DType.I64, DType.I8);
                    case POW, SOFT_THRESHOLD -> EnumSet.of(DType.F32, DType.F64);
                    case RELU_GRADIENT, SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT ->
                        EnumSet.of(DType.F32, DType.F64);
                });
        types.retainAll(limits.types());
        return types;
    }

    /** What the right operand may be: gradients are given outputs in the range of their function. */
    private static Samples right(BinaryOp op) {
        return switch (op) {
            case ADD, SUB, MUL, MIN, MAX, EQ, NE, LT, LE, GT, GE, AND, OR, XOR, RELU_GRADIENT -> Samples.HARD;
            case POW, GELU_GRADIENT, SILU_GRADIENT -> Samples.MODERATE;
            case DIV -> Samples.NOT_ZERO;
            case SIGMOID_GRADIENT, TANH_GRADIENT -> Samples.UNIT;
            case SOFT_THRESHOLD -> Samples.POSITIVE;
        };
    }

    private static Samples left(BinaryOp op) {
        return switch (op) {
            case ADD, SUB, MUL, DIV, MIN, MAX, EQ, NE, LT, LE, GT, GE, AND, OR, XOR -> Samples.HARD;
            case SOFT_THRESHOLD, RELU_GRADIENT -> Samples.HARD;
            case POW, SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT -> Samples.MODERATE;
        };
    }

    private void binary(BinaryOp op, DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapes()) {
            for (Arrangement left : Arrangement.values()) {
                Operand a = Operand.of(device, type, shape, left, left(op), seed++);
                for (Arrangement right :
                        left == Arrangement.CONTIGUOUS ? EnumSet.allOf(Arrangement.class) : beside(left)) {
                    binary(op, a, Operand.of(device, type, shape, right, right(op), seed++));
                }
                binaryWithNumber(op, a, right(op).values(type, 1, seed++)[0]);
            }
            if (!op.isPredicate()) {
                Operand a = Operand.of(device, type, shape, Arrangement.OFFSET, left(op), seed++);
                Operand b = Operand.of(device, type, shape, Arrangement.TRANSPOSED, right(op), seed++);
                device.backend().binary(op, a.tensor(), b.tensor(), a.tensor());
                check(op, op + " in place of " + a.name(), a.values(), b.values(), a.tensor());
            }
        }
    }

    /** Arrangements of a right operand that together with a left one make a case of their own. */
    private static Set<Arrangement> beside(Arrangement left) {
        return EnumSet.of(left, Arrangement.CONTIGUOUS, Arrangement.TRANSPOSED, Arrangement.BROADCAST_LAST);
    }

    private void binary(BinaryOp op, Operand a, Operand b) {
        String what = op + " of " + a.name() + " and " + b.name();
        Target out = Target.of(device, op.isPredicate() ? DType.BOOL : a.dtype(), a.shape());
        device.backend().binary(op, a.tensor(), b.tensor(), out.view());
        check(op, what, a.values(), b.values(), out.written(what));
    }

    private void binaryWithNumber(BinaryOp op, Operand a, double b) {
        String what = op + " of " + a.name() + " and the number " + b;
        Target out = Target.of(device, op.isPredicate() ? DType.BOOL : a.dtype(), a.shape());
        device.backend().binary(op, a.tensor(), b, out.view());
        double[] numbers = new double[a.values().length];
        Arrays.fill(numbers, b);
        check(op, what, a.values(), numbers, out.written(what));
    }

    /** Gradients that pass through 0 have an error that goes with the incoming gradient, not with the result. */
    private void check(BinaryOp op, String what, double[] a, double[] b, Tensor actual) {
        double[] expected = new double[a.length];
        double[] bounds = slack(a.length);
        boolean crosses = op == BinaryOp.GELU_GRADIENT || op == BinaryOp.SILU_GRADIENT;
        for (int i = 0; i < a.length; i++) {
            expected[i] = op.apply(a[i], b[i]);
            if (crosses && !Double.isNaN(a[i])) {
                bounds[i] += limits.ulps(op) * Expect.unitRoundoff(actual.dtype()) * Math.abs(a[i]);
            }
        }
        Expect.within(what, expected, bounds, limits.ulps(op), false, actual);
    }

    // ---- choice

    private Stream<Case> where() {
        return limits.types().stream().map(type -> new Case("where of " + type, () -> where(type)));
    }

    private void where(DType type) {
        long seed = 1;
        for (Shape shape : Grid.shapes()) {
            for (Arrangement mask : Arrangement.values()) {
                for (Arrangement left : Arrangement.values()) {
                    Operand condition = Operand.of(device, DType.BOOL, shape, mask, Samples.HARD, seed++);
                    Operand a = Operand.of(device, type, shape, left, Samples.HARD, seed++);
                    Operand b = Operand.of(device, type, shape, Arrangement.TRANSPOSED, Samples.HARD, seed++);
                    String what = "where " + condition.name() + " of " + a.name() + " else " + b.name();
                    Target out = Target.of(device, type, shape);
                    device.backend().where(condition.tensor(), a.tensor(), b.tensor(), out.view());
                    double[] expected = new double[shape.size()];
                    Arrays.setAll(expected, i -> condition.values()[i] != 0 ? a.values()[i] : b.values()[i]);
                    Expect.identical(what, expected, out.written(what));
                }
            }
        }
    }
}
