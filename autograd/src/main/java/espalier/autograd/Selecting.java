package espalier.autograd;

import static espalier.autograd.Edge.edge;

import espalier.tensor.Indexing;
import espalier.tensor.Tensor;

/**
 * Choosing elements by index, by mask or by size. Indices are I32 tensors and get no gradient; an element chosen twice
 * gets the sum of both gradients.
 */
public sealed interface Selecting permits Variable {
    private Variable self() {
        return (Variable) this;
    }

    /** {@code out[.., i, ..] = x[.., index[.., i, ..], ..]}: the index has the sizes of x besides the axis. */
    default Variable gather(int axis, Tensor index) {
        return gathered("gather", axis, index);
    }

    private Variable gathered(String op, int axis, Tensor index) {
        Tensor x = self().value();
        return Variable.of(
                op,
                x.gather(axis, index),
                edge(self(), g -> Tensor.zeros(g.device(), g.dtype(), x.shape()).scatterAddInPlace(axis, index, g)));
    }

    /** The slices along an axis that a list of indices {@code [n]} names, in its order. */
    default Variable indexSelect(int axis, Tensor index) {
        Tensor x = self().value();
        return Variable.of(
                "indexSelect",
                x.indexSelect(axis, index),
                edge(self(), g -> Tensor.zeros(g.device(), g.dtype(), x.shape()).indexAddInPlace(axis, index, g)));
    }

    /** Rows of this table {@code [V, D]} looked up by an index of any shape: {@code [..] → [.., D]}. */
    default Variable embedding(Tensor index) {
        int width = self().value().dim(1);
        return indexSelect(0, index.reshape(index.size())).reshape(index.shape().inserting(index.rank(), width));
    }

    /** {@code out = x}, then {@code out[.., index[.., i, ..], ..] += source[.., i, ..]}: repeated indices add up. */
    default Variable scatterAdd(int axis, Tensor index, Variable source) {
        Tensor sum = self().value().copy().scatterAddInPlace(axis, index, source.value());
        return Variable.of("scatterAdd", sum, edge(self(), g -> g), edge(source, g -> g.gather(axis, index)));
    }

    /** {@code out = x}, then slice i of {@code source} is added to slice {@code index[i]} of it, index {@code [n]}. */
    default Variable indexAdd(int axis, Tensor index, Variable source) {
        Tensor sum = self().value().copy().indexAddInPlace(axis, index, source.value());
        return Variable.of("indexAdd", sum, edge(self(), g -> g), edge(source, g -> g.indexSelect(axis, index)));
    }

    /** The lower triangle of the last two axes, zeros above diagonal {@code k} (0 the main one, positive above it). */
    default Variable tril(int k) {
        return Variable.of("tril", new Spec.Scalar(k), self().value().tril(k), edge(self(), g -> g.tril(k)));
    }

    /** The upper triangle of the last two axes, zeros below diagonal {@code k}. */
    default Variable triu(int k) {
        return Variable.of("triu", new Spec.Scalar(k), self().value().triu(k), edge(self(), g -> g.triu(k)));
    }

    /** A copy with {@code value} where the mask (BOOL, broadcast) is true; nothing flows back from there. */
    default Variable maskedFill(Tensor mask, double value) {
        return Variable.of(
                "maskedFill", self().value().maskedFill(mask, value), edge(self(), g -> Masks.drop(g, mask)));
    }

    /**
     * Chosen values, through which gradients flow, and where they came from.
     *
     * @param values of the input's type
     * @param indices I32, along the axis
     */
    record Sorted(Variable values, Tensor indices) {}

    /** Sorts along an axis; equal values keep their order; NaN comes last. */
    default Sorted sort(int axis, boolean descending) {
        Indexing.Sorted sorted = self().value().sort(axis, descending);
        return new Sorted(gathered("sort", axis, sorted.indices()), sorted.indices());
    }

    /** The {@code k} largest along an axis, largest first; of equals the lower index wins. */
    default Sorted topK(int axis, int k) {
        Indexing.Sorted top = self().value().topK(axis, k);
        return new Sorted(gathered("topK", axis, top.indices()), top.indices());
    }
}
