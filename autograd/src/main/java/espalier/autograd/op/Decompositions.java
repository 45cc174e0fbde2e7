package espalier.autograd.op;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Spec;
import espalier.autograd.Variable;
import espalier.tensor.Linalg;
import espalier.tensor.Shape;
import espalier.tensor.Shaping;
import espalier.tensor.Tensor;
import java.util.List;

/**
 * Linear algebra of small matrices with gradients: singular values, Cholesky factors, least squares. What the functions
 * themselves do and refuse stands with {@link Linalg}.
 *
 * <pre>{@code
 * Variable a = Variable.parameter(Tensor.of(new float[] {3, 0, 0, 2, 0, 0}, 3, 2));
 * Decompositions.svd(a).s().sum().backward();   // the nuclear norm; its gradient is u·vᵀ
 * }</pre>
 */
public final class Decompositions {
    private Decompositions() {}

    /**
     * A thin singular value decomposition, through which gradients flow.
     *
     * @param u {@code [M, r]}
     * @param s {@code [r]}
     * @param v {@code [N, r]}
     */
    public record Svd(Variable u, Variable s, Variable v) {}

    /**
     * {@code a [M, N] = u·diag(s)·vᵀ} with r = min(M, N). The gradient of the singular values is {@code u·diag(ds)·vᵀ};
     * those of the vectors turn them within their planes and out of their space (Townsend 2016, "Differentiating the
     * singular value decomposition"). They exist where no two singular values are equal and none is 0; what they lack
     * elsewhere counts as 0.
     */
    public static Svd svd(Variable a) {
        Linalg.Svd found = Linalg.svd(a.value());
        Tensor u = found.u();
        Tensor s = found.s();
        Tensor v = found.v();
        int r = s.size();
        Tensor squares = s.square();
        Tensor gaps = squares.unsqueeze(0).sub(squares.unsqueeze(1)); // [r, r], s_j² − s_i²
        Tensor turns = gaps.reciprocal().maskedFill(gaps.eq(0), 0);
        Tensor inverse = s.reciprocal().maskedFill(s.eq(0), 0);
        // One value for all three, so that one node has their gradients: the rows of u, then s, then the rows of v.
        Tensor all = Shaping.concat(0, List.of(u, s.unsqueeze(0), v));
        int m = u.dim(0);
        int n = v.dim(0);
        Variable joined = Variable.of("svd", all, edge(a, g -> {
            Tensor du = g.narrow(0, 0, m);
            Tensor dv = g.narrow(0, m + 1, n);
            Tensor ofU = turned(turns, u, du).mul(s); // the columns times s
            Tensor ofV = turned(turns, v, dv).mul(s.unsqueeze(1));
            Tensor inside = ofU.addInPlace(ofV).addInPlace(diagonal(g.select(0, m))); // [r, r]
            Tensor left = outside(u, du).mul(inverse).matmul(v.t());
            Tensor right = u.matmul(outside(v, dv).mul(inverse).t());
            return u.matmul(inside).matmul(v.t()).addInPlace(left).addInPlace(right);
        }));
        return new Svd(joined.narrow(0, 0, m), joined.narrow(0, m, 1).reshape(Shape.of(r)), joined.narrow(0, m + 1, n));
    }

    /** {@code F ∘ (wᵀ·g − gᵀ·w)}: how vectors turn among themselves. */
    private static Tensor turned(Tensor turns, Tensor w, Tensor g) {
        Tensor along = w.t().matmul(g);
        return along.sub(along.t()).mulInPlace(turns);
    }

    /** {@code g − w·wᵀ·g}: the part of g outside the space of the vectors w. */
    private static Tensor outside(Tensor w, Tensor g) {
        return g.sub(w.matmul(w.t().matmul(g)));
    }

    private static Tensor diagonal(Tensor values) {
        return Tensor.eye(values.device(), values.size()).to(values.dtype()).mulInPlace(values);
    }

    /**
     * The lower triangular L with {@code L·Lᵀ = a [N, N]}. With Φ the lower triangle with half its diagonal, P =
     * Φ(Lᵀ·g) and X = L·P·Lᵀ, {@code da = Φ(a⁻¹·(X + Xᵀ)·a⁻¹)} (Murray 2016, equation 10, for the lower triangle, the
     * only part that is read).
     */
    public static Variable cholesky(Variable a) {
        Tensor spd = a.value();
        Tensor l = Linalg.cholesky(spd);
        return Variable.of("cholesky", l, edge(a, g -> {
            Tensor x = l.matmul(lower(l.t().matmul(g))).matmul(l.t());
            Tensor half = Linalg.choleskySolve(spd, x.add(x.t()));
            return lower(Linalg.choleskySolve(spd, half.t()));
        }));
    }

    /**
     * The x with {@code spd·x = rhs}, {@code rhs [N]} or {@code [N, K]}: {@code drhs = spd⁻¹·g} and {@code dspd = Φ(Y +
     * Yᵀ)} with {@code Y = −drhs·xᵀ}, for the lower triangle, the only part that is read.
     */
    public static Variable choleskySolve(Variable spd, Variable rhs) {
        Tensor a = spd.value();
        Tensor x = Linalg.choleskySolve(a, rhs.value());
        return Variable.of(
                "choleskySolve",
                x,
                edge(spd, g -> {
                    Tensor y = columns(Linalg.choleskySolve(a, g))
                            .matmul(columns(x).t());
                    return lower(y.add(y.t())).neg();
                }),
                edge(rhs, g -> Linalg.choleskySolve(a, g)));
    }

    /**
     * The x that minimizes {@code |a·x − b|² + ridge·|x|²}. With {@code z = (aᵀa + ridge·I)⁻¹·g}: {@code db = a·z} and
     * {@code da = (b − a·x)·zᵀ − a·z·xᵀ}.
     */
    public static Variable leastSquares(Variable a, Variable b, double ridge) {
        Tensor m = a.value();
        Tensor x = Linalg.leastSquares(m, b.value(), ridge);
        Tensor gram = m.t().matmul(m);
        Tensor normal =
                gram.addInPlace(Tensor.eye(m.device(), m.dim(1)).to(m.dtype()).mulInPlace(ridge));
        return Variable.of(
                "leastSquares",
                new Spec.Scalar(ridge),
                x,
                edge(a, g -> {
                    Tensor z = columns(Linalg.choleskySolve(normal, g));
                    Tensor rest = columns(b.value()).sub(m.matmul(columns(x)));
                    return rest.matmul(z.t())
                            .subInPlace(m.matmul(z).matmul(columns(x).t()));
                }),
                edge(b, g -> m.matmul(columns(Linalg.choleskySolve(normal, g))).reshape(b.shape())));
    }

    /** A vector as a matrix of one column; a matrix as it is. */
    private static Tensor columns(Tensor x) {
        return x.rank() == 1 ? x.unsqueeze(1) : x;
    }

    /** Φ: the lower triangle with half its diagonal. */
    private static Tensor lower(Tensor x) {
        return x.tril(0).add(x.tril(-1)).mulInPlace(0.5);
    }
}
