package espalier.tensor;

/**
 * Shapes, axes or devices that do not fit an operation.
 *
 * <p>The message names the operation, the shapes, and the two numbers that disagree: {@code matmul: inner sizes differ:
 * lhs [2, 3], rhs [4, 5] (3 ≠ 4)}; and where in a model that was, if it was in one: {@code .. in features.3}.
 */
public final class ShapeException extends IllegalArgumentException {
    private static final long serialVersionUID = 1L;

    private final boolean placed;

    /** An exception with a message that is one sentence. */
    public ShapeException(String message) {
        this(message, false);
    }

    private ShapeException(String message, boolean placed) {
        super(message);
        this.placed = placed;
    }

    /**
     * This, saying where it happened too. Places nest, and the innermost is told first: one that has a place keeps it.
     *
     * @param place such as {@code features.3}; if it is empty, nothing is added
     */
    public ShapeException in(String place) {
        if (placed || place.isEmpty()) {
            return this;
        }
        ShapeException there = new ShapeException(getMessage() + " in " + place, true);
        there.setStackTrace(getStackTrace());
        return there;
    }

    /** The usual form: {@code op: what: lhs [..], rhs [..] (x ≠ y)}. */
    public static ShapeException mismatch(String op, String what, Shape lhs, Shape rhs, long x, long y) {
        return new ShapeException(op + ": " + what + ": lhs " + lhs + ", rhs " + rhs + " (" + x + " ≠ " + y + ")");
    }
}
