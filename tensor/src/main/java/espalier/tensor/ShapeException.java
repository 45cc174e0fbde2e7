package espalier.tensor;

/**
 * Shapes, axes or devices that do not fit an operation.
 *
 * <p>The message names the operation, the shapes, and the two numbers that disagree:
 * {@code matmul: inner sizes differ: lhs [2, 3], rhs [4, 5] (3 ≠ 4)}.
 */
public final class ShapeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    /** An exception with a message that is one sentence. */
    public ShapeException(String message) {
        super(message);
    }

    /** The usual form: {@code op: what: lhs [..], rhs [..] (x ≠ y)}. */
    public static ShapeException mismatch(String op, String what, Shape lhs, Shape rhs, long x, long y) {
        return new ShapeException(op + ": " + what + ": lhs " + lhs + ", rhs " + rhs + " (" + x + " ≠ " + y + ")");
    }
}
