package espalier.tensor.spi;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;

/** Softmax and cross-entropy with the largest logit taken out first, so that no exponential overflows. */
final class ComposedSoftmax {
    private ComposedSoftmax() {}

    /** {@code y = e^(x−m)/Σe^(x−m)}, or {@code (x−m) − log Σe^(x−m)}, with {@code m} the largest of the row. */
    static void softmax(Tensor x, boolean log, Tensor out) {
        try (TensorScope _ = TensorScope.open()) {
            out.copyInPlace(x).subInPlace(x.maxOver(true, -1));
            Tensor powers = out.exp();
            Tensor total = powers.sum(true, -1);
            if (log) {
                out.subInPlace(total.log());
            } else {
                out.copyInPlace(powers).divInPlace(total);
            }
        }
    }

    /** {@code dx = y·(g − Σg·y)}; for the logarithm {@code dx = g − e^y·Σg}. */
    static void softmaxGradient(Tensor y, Tensor g, boolean log, Tensor dx) {
        try (TensorScope _ = TensorScope.open()) {
            if (log) {
                dx.copyInPlace(g).subInPlace(y.exp().mulInPlace(g.sum(true, -1)));
            } else {
                dx.copyInPlace(g).subInPlace(g.mul(y).sum(true, -1)).mulInPlace(y);
            }
        }
    }

    /**
     * {@code loss = −Σ q·log p} for the target {@code q = (1−s)·onehot(label) + s/K} (Szegedy et al. 2016, section 7).
     */
    static void crossEntropy(Tensor logits, Tensor labels, double smoothing, Tensor losses, Tensor probabilities) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor logs = logits.sub(logits.maxOver(true, 1)); // [N, K]
            probabilities.copyInPlace(logs.exp());
            Tensor total = probabilities.sum(true, 1); // [N, 1]
            probabilities.divInPlace(total);
            logs.subInPlace(total.log());
            Tensor ofLabel = logs.gather(1, labels.unsqueeze(1)).squeeze(1); // [N]
            losses.copyInPlace(ofLabel).mulInPlace(smoothing - 1);
            if (smoothing > 0) {
                losses.subInPlace(logs.mean(1).mul(smoothing));
            }
        }
    }

    /** {@code dlogits = (p − q)·g}. */
    static void crossEntropyGradient(Tensor probabilities, Tensor labels, double smoothing, Tensor g, Tensor dlogits) {
        try (TensorScope _ = TensorScope.open()) {
            dlogits.copyInPlace(probabilities).addInPlace(-smoothing / probabilities.dim(1));
            Shape column = Shape.of(labels.size(), 1);
            Tensor mass = Tensor.full(g.device(), g.dtype(), column, smoothing - 1);
            dlogits.scatterAddInPlace(1, labels.unsqueeze(1), mass).mulInPlace(g.unsqueeze(1));
        }
    }
}
