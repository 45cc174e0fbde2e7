package espalier.autograd;

import static espalier.autograd.Edge.edge;

import espalier.tensor.Tensor;

/**
 * Functions of every element by itself. At a kink the gradient is a value from between the slopes on either side; which
 * one stands with each function.
 */
public sealed interface Pointwise permits Variable {
    private Variable self() {
        return (Variable) this;
    }

    /** x<sup>p</sup>. */
    default Variable pow(double p) {
        Tensor x = self().value();
        return Variable.of(
                "pow",
                new Spec.Scalar(p),
                x.pow(p),
                edge(self(), g -> p == 0 ? g.zerosLike() : g.mul(x.pow(p - 1).mulInPlace(p))));
    }

    /** x². */
    default Variable square() {
        Tensor x = self().value();
        return Variable.of("square", x.square(), edge(self(), g -> g.mul(x).mulInPlace(2)));
    }

    /** √x. The gradient is infinite at 0. */
    default Variable sqrt() {
        Tensor y = self().value().sqrt();
        return Variable.of("sqrt", y, edge(self(), g -> g.div(y).mulInPlace(0.5)));
    }

    /** 1/√x. */
    default Variable rsqrt() {
        Tensor y = self().value().rsqrt();
        return Variable.of(
                "rsqrt", y, edge(self(), g -> g.mul(y.square().mulInPlace(y)).mulInPlace(-0.5)));
    }

    /** 1/x. */
    default Variable reciprocal() {
        Tensor y = self().value().reciprocal();
        return Variable.of("reciprocal", y, edge(self(), g -> g.mul(y.square()).neg()));
    }

    /** e<sup>x</sup>. */
    default Variable exp() {
        Tensor y = self().value().exp();
        return Variable.of("exp", y, edge(self(), g -> g.mul(y)));
    }

    /** Natural logarithm. */
    default Variable log() {
        Tensor x = self().value();
        return Variable.of("log", x.log(), edge(self(), g -> g.div(x)));
    }

    /** |x|. No gradient at 0. */
    default Variable abs() {
        Tensor x = self().value();
        return Variable.of("abs", x.abs(), edge(self(), g -> g.mul(x.sign())));
    }

    /** The error function. */
    default Variable erf() {
        Tensor x = self().value();
        return Variable.of(
                "erf", x.erf(), edge(self(), g -> g.mul(x.square().neg().exp()).mulInPlace(2 / Math.sqrt(Math.PI))));
    }

    /** The smaller of x and b. Where they are equal the gradient passes. */
    default Variable min(double b) {
        Tensor x = self().value();
        return Variable.of("min", new Spec.Scalar(b), x.min(b), edge(self(), g -> Masks.keep(g, x.le(b))));
    }

    /** The larger of x and b. Where they are equal the gradient passes. */
    default Variable max(double b) {
        Tensor x = self().value();
        return Variable.of("max", new Spec.Scalar(b), x.max(b), edge(self(), g -> Masks.keep(g, x.ge(b))));
    }

    /** min(max(x, low), high). The gradient passes from low to high, both included. */
    default Variable clamp(double low, double high) {
        Tensor x = self().value();
        return Variable.of(
                "clamp",
                new Spec.Range(low, high),
                x.clamp(low, high),
                edge(self(), g -> Masks.keep(g, x.ge(low).and(x.le(high)))));
    }

    /**
     * Soft threshold {@code S(w, t) = sign(w)·max(|w| − t, 0)}, the heart of STR (Kusupati et al. 2020, equation 1).
     * With the mask {@code M = 1} where {@code |w| > t}, else 0:
     *
     * <p>{@code dw = g·M} and {@code dt = −Σ g·sign(w)·M}, summed over where {@code t} was broadcast. A weight that was
     * cut gets no gradient.
     *
     * @param t at least 0, of a shape that broadcasts: one for all weights, or one a filter
     */
    default Variable softThreshold(Variable t) {
        Tensor y = self().value().softThreshold(t.value());
        return Variable.of(
                "softThreshold",
                y,
                edge(self(), g -> Masks.whereNonZero(g, y)),
                edge(t, g -> g.mul(y.sign()).neg()));
    }

    /** Soft threshold {@code sign(w)·max(|w| − t, 0)} with a fixed t. */
    default Variable softThreshold(double t) {
        Tensor y = self().value().softThreshold(t);
        return Variable.of("softThreshold", new Spec.Scalar(t), y, edge(self(), g -> Masks.whereNonZero(g, y)));
    }

    /** −1, 0 or 1. Has no gradient. */
    default Variable sign() {
        return Variable.withoutBackward("sign", self().value().sign(), self());
    }

    /** Nearest integer, ties to even. Has no gradient; see {@link espalier.autograd.op.StraightThrough}. */
    default Variable round() {
        return Variable.withoutBackward("round", self().value().round(), self());
    }

    /** Largest integer not above x. Has no gradient. */
    default Variable floor() {
        return Variable.withoutBackward("floor", self().value().floor(), self());
    }
}
