package espalier.autograd;

import static espalier.autograd.Edge.edge;

import espalier.tensor.Tensor;

/**
 * Arithmetic on two operands, which broadcast as tensors do, and products of matrices. Each method is an operation's
 * value and, on its edges, its gradients.
 */
public sealed interface Arithmetic permits Variable {
    private Variable self() {
        return (Variable) this;
    }

    /** a + b. */
    default Variable add(Variable b) {
        return Variable.of("add", self().value().add(b.value()), edge(self(), g -> g), edge(b, g -> g));
    }

    /** a + b. */
    default Variable add(double b) {
        return Variable.of("add", new Spec.Scalar(b), self().value().add(b), edge(self(), g -> g));
    }

    /** a − b. */
    default Variable sub(Variable b) {
        return Variable.of("sub", self().value().sub(b.value()), edge(self(), g -> g), edge(b, Tensor::neg));
    }

    /** a − b. */
    default Variable sub(double b) {
        return Variable.of("sub", new Spec.Scalar(b), self().value().sub(b), edge(self(), g -> g));
    }

    /** a·b, element by element. */
    default Variable mul(Variable b) {
        Tensor x = self().value();
        Tensor y = b.value();
        return Variable.of("mul", x.mul(y), edge(self(), g -> g.mul(y)), edge(b, g -> g.mul(x)));
    }

    /** a·b. */
    default Variable mul(double b) {
        return Variable.of("mul", new Spec.Scalar(b), self().value().mul(b), edge(self(), g -> g.mul(b)));
    }

    /** a/b. */
    default Variable div(Variable b) {
        Tensor y = b.value();
        Tensor quotient = self().value().div(y);
        return Variable.of(
                "div",
                quotient,
                edge(self(), g -> g.div(y)),
                edge(b, g -> g.mul(quotient).div(y).neg()));
    }

    /** a/b. */
    default Variable div(double b) {
        return Variable.of("div", new Spec.Scalar(b), self().value().div(b), edge(self(), g -> g.div(b)));
    }

    /** −a. */
    default Variable neg() {
        return Variable.of("neg", self().value().neg(), edge(self(), Tensor::neg));
    }

    /**
     * a<sup>b</sup>. Where a is 0 the exponent gets no gradient, its limit for every b above 0; the base must not be
     * negative if the exponent's gradient is wanted, else that is NaN.
     */
    default Variable pow(Variable b) {
        Tensor x = self().value();
        Tensor p = b.value();
        Tensor y = x.pow(p);
        return Variable.of(
                "pow",
                y,
                edge(self(), g -> Masks.keep(g.mul(p.mul(x.pow(p.sub(1)))), p.ne(0))),
                edge(b, g -> Masks.keep(g.mul(y.mul(x.log())), x.ne(0))));
    }

    /** The smaller of each pair. Of equals each gets half the gradient. */
    default Variable min(Variable b) {
        Tensor x = self().value();
        Tensor y = b.value();
        return Variable.of(
                "min",
                x.min(y),
                edge(self(), g -> g.mul(Masks.share(x.lt(y), x.eq(y), g))),
                edge(b, g -> g.mul(Masks.share(y.lt(x), x.eq(y), g))));
    }

    /** The larger of each pair. Of equals each gets half the gradient. */
    default Variable max(Variable b) {
        Tensor x = self().value();
        Tensor y = b.value();
        return Variable.of(
                "max",
                x.max(y),
                edge(self(), g -> g.mul(Masks.share(x.gt(y), x.eq(y), g))),
                edge(b, g -> g.mul(Masks.share(y.gt(x), x.eq(y), g))));
    }

    /** This where the mask (BOOL) is true, else {@code other}; all three broadcast. */
    default Variable where(Tensor mask, Variable other) {
        return Variable.of(
                "where",
                mask.where(self().value(), other.value()),
                edge(self(), g -> Masks.keep(g, mask)),
                edge(other, g -> Masks.drop(g, mask)));
    }

    /** Matrix product {@code [.., M, K] × [.., K, N]}; leading axes broadcast. */
    default Variable matmul(Variable b) {
        Tensor x = self().value();
        Tensor y = b.value();
        return Variable.of(
                "matmul",
                x.matmul(y),
                edge(self(), g -> g.matmul(y.t())),
                // For a transposed view, as a linear layer's weight is, xᵀ·g is made as (gᵀ·x)ᵀ: undoing the view then
                // gives a gradient in the order of memory, and nothing is copied.
                edge(
                        b,
                        g -> y.layout().isContiguous()
                                ? x.t().matmul(g)
                                : g.t().matmul(x).t()));
    }

    /** Σ a·b of two vectors of one length, a scalar. */
    default Variable dot(Variable b) {
        Tensor x = self().value();
        Tensor y = b.value();
        return Variable.of("dot", x.dot(y), edge(self(), g -> y.mul(g)), edge(b, g -> x.mul(g)));
    }

    /** All products of two vectors: {@code [M], [N] → [M, N]}. */
    default Variable outer(Variable b) {
        Tensor x = self().value();
        Tensor y = b.value();
        return Variable.of(
                "outer",
                x.outer(y),
                edge(self(), g -> g.matmul(y.unsqueeze(1)).squeeze(1)),
                edge(b, g -> g.t().matmul(x.unsqueeze(1)).squeeze(1)));
    }
}
