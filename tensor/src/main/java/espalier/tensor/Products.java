package espalier.tensor;

/** Sums of products: matrices and vectors. */
public sealed interface Products permits Tensor {
    private Tensor self() {
        return (Tensor) this;
    }

    /**
     * Matrix product {@code [.., M, K] × [.., K, N] → [.., M, N]}; leading axes broadcast.
     *
     * @throws ShapeException naming both shapes and the sizes that differ
     */
    default Tensor matmul(Tensor b) {
        Tensor a = self();
        a.storage();
        b.storage();
        a.requireSameType("matmul", b);
        if (a.rank() < 2 || b.rank() < 2) {
            throw new ShapeException("matmul: both need at least two axes: lhs " + a.shape() + ", rhs " + b.shape());
        }
        if (a.dim(-1) != b.dim(-2)) {
            throw ShapeException.mismatch("matmul", "inner sizes differ", a.shape(), b.shape(), a.dim(-1), b.dim(-2));
        }
        Shape batch = batch(a, b);
        Tensor left = a.expand(joined(batch, a.dim(-2), a.dim(-1)));
        Tensor right = b.expand(joined(batch, b.dim(-2), b.dim(-1)));
        Tensor out = Tensor.allocate("matmul", a.device(), a.dtype(), joined(batch, a.dim(-2), b.dim(-1)));
        a.backend().matmul(left, right, out);
        return out;
    }

    /** The leading axes of both, stretched. */
    private static Shape batch(Tensor a, Tensor b) {
        for (int axis = -3; axis >= -Math.min(a.rank(), b.rank()); axis--) {
            int l = a.dim(axis);
            int r = b.dim(axis);
            if (l != r && l != 1 && r != 1) {
                throw ShapeException.mismatch("matmul", "leading sizes do not broadcast", a.shape(), b.shape(), l, r);
            }
        }
        return Shape.broadcast("matmul", lead(a), lead(b));
    }

    private static Shape lead(Tensor x) {
        return x.shape().without(-1).without(-1);
    }

    private static Shape joined(Shape batch, int rows, int columns) {
        return batch.inserting(batch.rank(), rows).inserting(batch.rank() + 1, columns);
    }

    /** Σ a·b of two vectors of one length, a scalar. */
    default Tensor dot(Tensor b) {
        Tensor a = self();
        requireVectors("dot", a, b);
        if (a.size() != b.size()) {
            throw ShapeException.mismatch("dot", "lengths differ", a.shape(), b.shape(), a.size(), b.size());
        }
        return a.unsqueeze(0).matmul(b.unsqueeze(1)).reshape(Shape.scalar());
    }

    /** All products of two vectors: {@code [M], [N] → [M, N]}. */
    default Tensor outer(Tensor b) {
        requireVectors("outer", self(), b);
        return self().unsqueeze(1).mul(b.unsqueeze(0));
    }

    private static void requireVectors(String op, Tensor a, Tensor b) {
        a.requireSameType(op, b);
        if (a.rank() != 1 || b.rank() != 1) {
            throw new ShapeException(op + ": needs two vectors: lhs " + a.shape() + ", rhs " + b.shape());
        }
    }
}
