package espalier.tensor;

import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.UnaryOp;

/**
 * Operations on every element by itself, or on pairs of elements after broadcasting (NumPy's rule: aligned at the last
 * axis, a size of 1 stretches). Pairs must have the same type; comparisons and logic give {@link DType#BOOL}.
 */
public sealed interface Elementwise permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    private Tensor unary(String name, UnaryOp op) {
        Tensor x = self();
        x.storage();
        if (!op.takesIntegers()) {
            x.requireFraction(name);
        }
        Tensor out = Tensor.allocate(name, x.device(), op == UnaryOp.NOT ? DType.BOOL : x.dtype(), x.shape());
        x.backend().unary(op, x, out);
        return out;
    }

    private Tensor binary(String name, BinaryOp op, Tensor b) {
        Tensor a = self();
        a.storage();
        b.storage();
        a.requireSameType(name, b);
        if (!op.takesIntegers()) {
            a.requireFraction(name);
        }
        Shape shape = Shape.broadcast(name, a.shape(), b.shape());
        Tensor out = Tensor.allocate(name, a.device(), op.isPredicate() ? DType.BOOL : a.dtype(), shape);
        a.backend().binary(op, a.expand(shape), b.expand(shape), out);
        return out;
    }

    private Tensor binary(String name, BinaryOp op, double b) {
        Tensor a = self();
        a.storage();
        a.requireFits(name, b);
        Tensor out = Tensor.allocate(name, a.device(), op.isPredicate() ? DType.BOOL : a.dtype(), a.shape());
        a.backend().binary(op, a, b, out);
        return out;
    }

    private Tensor binaryInPlace(String name, BinaryOp op, Tensor b) {
        Tensor a = self();
        a.requireWritable(name);
        b.storage();
        a.requireSameType(name, b);
        Tensor stretched = Shaping.stretch(name, b, a.shape()).apartFrom(a);
        if (a.layout().isContiguous()) {
            a.backend().binary(op, a, stretched, a);
        } else {
            Tensor out = Tensor.allocate(name, a.device(), a.dtype(), a.shape());
            a.backend().binary(op, a, stretched, out);
            a.backend().copy(out, a);
        }
        return a;
    }

    private Tensor binaryInPlace(String name, BinaryOp op, double b) {
        Tensor a = self();
        a.requireWritable(name);
        a.requireFits(name, b);
        if (a.layout().isContiguous()) {
            a.backend().binary(op, a, b, a);
            return a;
        }
        return a.copyInPlace(binary(name, op, b));
    }

    // ---- one operand

    /** −x. */
    default Tensor neg() {
        return unary("neg", UnaryOp.NEG);
    }

    /** |x|. */
    default Tensor abs() {
        return unary("abs", UnaryOp.ABS);
    }

    /** −1, 0 or 1. */
    default Tensor sign() {
        return unary("sign", UnaryOp.SIGN);
    }

    /** e<sup>x</sup>. */
    default Tensor exp() {
        return unary("exp", UnaryOp.EXP);
    }

    /** Natural logarithm. */
    default Tensor log() {
        return unary("log", UnaryOp.LOG);
    }

    /** √x. */
    default Tensor sqrt() {
        return unary("sqrt", UnaryOp.SQRT);
    }

    /** 1/√x. */
    default Tensor rsqrt() {
        return unary("rsqrt", UnaryOp.RSQRT);
    }

    /** 1/x. */
    default Tensor reciprocal() {
        return unary("reciprocal", UnaryOp.RECIPROCAL);
    }

    /** x². */
    default Tensor square() {
        return unary("square", UnaryOp.SQUARE);
    }

    /** 1/(1+e<sup>−x</sup>). */
    default Tensor sigmoid() {
        return unary("sigmoid", UnaryOp.SIGMOID);
    }

    /** Hyperbolic tangent. */
    default Tensor tanh() {
        return unary("tanh", UnaryOp.TANH);
    }

    /** max(x, 0). */
    default Tensor relu() {
        return unary("relu", UnaryOp.RELU);
    }

    /**
     * max(x + b, 0) in one walk over memory.
     *
     * @throws ShapeException if shapes or types differ: nothing is broadcast
     */
    default Tensor addRelu(Tensor b) {
        Tensor a = self();
        a.storage();
        b.storage();
        a.requireSameType("addRelu", b);
        if (!a.shape().equals(b.shape())) {
            throw new ShapeException("addRelu: " + a.shape() + " and " + b.shape() + " differ");
        }
        Tensor out = Tensor.allocate("addRelu", a.device(), a.dtype(), a.shape());
        a.backend().addRelu(a, b, out);
        return out;
    }

    /** x where positive, else {@code slope}·x, for a slope from 0 to 1. */
    default Tensor leakyRelu(double slope) {
        if (!(slope >= 0 && slope <= 1)) {
            throw new IllegalArgumentException("leakyRelu: slope " + slope + " is not from 0 to 1");
        }
        self().requireFits("leakyRelu", slope);
        return slope == 0 ? relu() : self().max(self().mul(slope)); // 0·∞ would be no number
    }

    /** x·Φ(x), the exact form. */
    default Tensor gelu() {
        return unary("gelu", UnaryOp.GELU);
    }

    /** x·sigmoid(x). */
    default Tensor silu() {
        return unary("silu", UnaryOp.SILU);
    }

    /** log(1+e<sup>x</sup>). */
    default Tensor softplus() {
        return unary("softplus", UnaryOp.SOFTPLUS);
    }

    /** Largest integer not above x. */
    default Tensor floor() {
        return unary("floor", UnaryOp.FLOOR);
    }

    /** Nearest integer, ties to even. */
    default Tensor round() {
        return unary("round", UnaryOp.ROUND);
    }

    /** The error function. */
    default Tensor erf() {
        return unary("erf", UnaryOp.ERF);
    }

    /** True where x is 0. */
    default Tensor not() {
        return unary("not", UnaryOp.NOT);
    }

    /** min(max(x, low), high). */
    default Tensor clamp(double low, double high) {
        return binary("clamp", BinaryOp.MAX, low).min(high);
    }

    // ---- two operands

    /** a + b. */
    default Tensor add(Tensor b) {
        return binary("add", BinaryOp.ADD, b);
    }

    /** a + b. */
    default Tensor add(double b) {
        return binary("add", BinaryOp.ADD, b);
    }

    /** a − b. */
    default Tensor sub(Tensor b) {
        return binary("sub", BinaryOp.SUB, b);
    }

    /** a − b. */
    default Tensor sub(double b) {
        return binary("sub", BinaryOp.SUB, b);
    }

    /** a·b, element by element. */
    default Tensor mul(Tensor b) {
        return binary("mul", BinaryOp.MUL, b);
    }

    /** a·b. */
    default Tensor mul(double b) {
        return binary("mul", BinaryOp.MUL, b);
    }

    /** a/b. */
    default Tensor div(Tensor b) {
        return binary("div", BinaryOp.DIV, b);
    }

    /** a/b. */
    default Tensor div(double b) {
        return binary("div", BinaryOp.DIV, b);
    }

    /** a<sup>b</sup>, as {@link Math#pow}: 1 to the power of NaN is NaN. */
    default Tensor pow(Tensor b) {
        return binary("pow", BinaryOp.POW, b);
    }

    /** a<sup>b</sup>. */
    default Tensor pow(double b) {
        return binary("pow", BinaryOp.POW, b);
    }

    /** The smaller of each pair; NaN if either is. */
    default Tensor min(Tensor b) {
        return binary("min", BinaryOp.MIN, b);
    }

    /** The smaller of x and b. */
    default Tensor min(double b) {
        return binary("min", BinaryOp.MIN, b);
    }

    /** The larger of each pair; NaN if either is. */
    default Tensor max(Tensor b) {
        return binary("max", BinaryOp.MAX, b);
    }

    /** The larger of x and b. */
    default Tensor max(double b) {
        return binary("max", BinaryOp.MAX, b);
    }

    /** sign(w)·max(|w|−t, 0): shrinks towards zero and cuts what is below the threshold. */
    default Tensor softThreshold(Tensor t) {
        return binary("softThreshold", BinaryOp.SOFT_THRESHOLD, t);
    }

    /** sign(w)·max(|w|−t, 0). */
    default Tensor softThreshold(double t) {
        return binary("softThreshold", BinaryOp.SOFT_THRESHOLD, t);
    }

    /** A fused gradient: this is the incoming gradient, {@code of} the input or output that {@code op} names. */
    default Tensor gradient(BinaryOp op, Tensor of) {
        return binary("gradient", op, of);
    }

    // ---- comparisons and logic

    /** a = b. */
    default Tensor eq(Tensor b) {
        return binary("eq", BinaryOp.EQ, b);
    }

    /** a = b. */
    default Tensor eq(double b) {
        return binary("eq", BinaryOp.EQ, b);
    }

    /** a ≠ b; {@code x.ne(x)} finds NaN. */
    default Tensor ne(Tensor b) {
        return binary("ne", BinaryOp.NE, b);
    }

    /** a ≠ b. */
    default Tensor ne(double b) {
        return binary("ne", BinaryOp.NE, b);
    }

    /** a &lt; b. */
    default Tensor lt(Tensor b) {
        return binary("lt", BinaryOp.LT, b);
    }

    /** a &lt; b. */
    default Tensor lt(double b) {
        return binary("lt", BinaryOp.LT, b);
    }

    /** a ≤ b. */
    default Tensor le(Tensor b) {
        return binary("le", BinaryOp.LE, b);
    }

    /** a ≤ b. */
    default Tensor le(double b) {
        return binary("le", BinaryOp.LE, b);
    }

    /** a &gt; b. */
    default Tensor gt(Tensor b) {
        return binary("gt", BinaryOp.GT, b);
    }

    /** a &gt; b. */
    default Tensor gt(double b) {
        return binary("gt", BinaryOp.GT, b);
    }

    /** a ≥ b. */
    default Tensor ge(Tensor b) {
        return binary("ge", BinaryOp.GE, b);
    }

    /** a ≥ b. */
    default Tensor ge(double b) {
        return binary("ge", BinaryOp.GE, b);
    }

    /** Both differ from 0. */
    default Tensor and(Tensor b) {
        return binary("and", BinaryOp.AND, b);
    }

    /** At least one differs from 0. */
    default Tensor or(Tensor b) {
        return binary("or", BinaryOp.OR, b);
    }

    /** Exactly one differs from 0. */
    default Tensor xor(Tensor b) {
        return binary("xor", BinaryOp.XOR, b);
    }

    /** This is a condition (BOOL): {@code a} where it is true, else {@code b}; all three broadcast. */
    default Tensor where(Tensor a, Tensor b) {
        Tensor condition = self();
        condition.storage();
        condition.requireType("where", DType.BOOL);
        a.requireSameType("where", b);
        condition.requireSameDevice("where", a);
        Shape shape = Shape.broadcast("where", condition.shape(), Shape.broadcast("where", a.shape(), b.shape()));
        Tensor out = Tensor.allocate("where", a.device(), a.dtype(), shape);
        a.backend().where(condition.expand(shape), a.expand(shape), b.expand(shape), out);
        return out;
    }

    // ---- in place

    /** Adds {@code b}, stretched to this shape, to this. */
    default Tensor addInPlace(Tensor b) {
        return binaryInPlace("addInPlace", BinaryOp.ADD, b);
    }

    /** Subtracts {@code b}, stretched to this shape, from this. */
    default Tensor subInPlace(Tensor b) {
        return binaryInPlace("subInPlace", BinaryOp.SUB, b);
    }

    /** Multiplies this by {@code b}, stretched to this shape. */
    default Tensor mulInPlace(Tensor b) {
        return binaryInPlace("mulInPlace", BinaryOp.MUL, b);
    }

    /** Divides this by {@code b}, stretched to this shape. */
    default Tensor divInPlace(Tensor b) {
        return binaryInPlace("divInPlace", BinaryOp.DIV, b);
    }

    /** Adds a number to this. */
    default Tensor addInPlace(double b) {
        return binaryInPlace("addInPlace", BinaryOp.ADD, b);
    }

    /** Multiplies this by a number. */
    default Tensor mulInPlace(double b) {
        return binaryInPlace("mulInPlace", BinaryOp.MUL, b);
    }
}
