package espalier.autograd.op;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Spec;
import espalier.autograd.Variable;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;

/**
 * Softmax and the losses that training minimizes. Every loss is a scalar, the mean over the batch (or, of those that
 * compare element with element, over all elements).
 */
public final class Losses {
    private Losses() {}

    /** e<sup>x</sup>/Σe<sup>x</sup> over the last axis. */
    public static Variable softmax(Variable x) {
        Tensor y = Softmax.softmax(x.value());
        return Variable.of("softmax", lastAxis(y), y, edge(x, g -> Softmax.gradient(y, g, false)));
    }

    /** log softmax(x) over the last axis. */
    public static Variable logSoftmax(Variable x) {
        Tensor y = Softmax.logSoftmax(x.value());
        return Variable.of("logSoftmax", lastAxis(y), y, edge(x, g -> Softmax.gradient(y, g, true)));
    }

    private static Spec lastAxis(Tensor y) {
        return Spec.Axes.of(y.rank() - 1);
    }

    /** The mean of {@code −log softmax(logits)[label]}: logits {@code [N, K]}, labels {@code [N]}, I32. */
    public static Variable crossEntropy(Variable logits, Tensor labels) {
        return crossEntropy(logits, labels, 0);
    }

    /**
     * Cross-entropy in one step, whose gradient is {@code (softmax(logits) − target)/N}.
     *
     * @param logits {@code [N, K]}
     * @param labels {@code [N]}, I32, each from 0 to K−1
     * @param smoothing the part of the target that is spread evenly over all classes, from 0 to 1 (Szegedy et al. 2016,
     *     section 7)
     */
    public static Variable crossEntropy(Variable logits, Tensor labels, double smoothing) {
        if (!(smoothing >= 0 && smoothing <= 1)) {
            throw new IllegalArgumentException("crossEntropy: smoothing " + smoothing + " is not from 0 to 1");
        }
        Softmax.CrossEntropy each = Softmax.crossEntropy(logits.value(), labels, smoothing);
        int n = labels.size();
        return Variable.of(
                "crossEntropy",
                each.losses().mean(),
                edge(
                        logits,
                        g -> Softmax.crossEntropyGradient(
                                each.probabilities(),
                                labels,
                                smoothing,
                                g.mul(1.0 / n).expand(Shape.of(n)))));
    }

    /** The mean of {@code −logProbabilities[n, label[n]]}; with {@link #logSoftmax} it is cross-entropy. */
    public static Variable nll(Variable logProbabilities, Tensor labels) {
        if (logProbabilities.value().rank() != 2 || labels.rank() != 1) {
            throw new ShapeException("nll: needs log-probabilities [N, K] and labels [N]: " + logProbabilities.shape()
                    + " and " + labels.shape());
        }
        return logProbabilities.gather(1, labels.unsqueeze(1)).mean().neg();
    }

    /** The mean squared difference. */
    public static Variable mse(Variable prediction, Variable target) {
        return difference("mse", prediction, target).square().mean();
    }

    /** The mean absolute difference. */
    public static Variable l1(Variable prediction, Variable target) {
        return difference("l1", prediction, target).abs().mean();
    }

    /**
     * The mean of {@code d²/2} where {@code |d| ≤ delta}, else {@code delta·(|d| − delta/2)}: squares near 0, absolute
     * values far from it (Huber 1964). Its gradient is the clamped difference.
     */
    public static Variable huber(Variable prediction, Variable target, double delta) {
        if (!(delta > 0)) {
            throw new IllegalArgumentException("huber: delta " + delta + " must be above 0");
        }
        Variable d = difference("huber", prediction, target);
        Tensor clamped = d.value().clamp(-delta, delta);
        Tensor each = clamped.mul(d.value().sub(clamped.mul(0.5)));
        double n = each.size();
        return Variable.of("huber", each.mean(), edge(d, g -> clamped.mul(g).mulInPlace(1 / n)));
    }

    /**
     * Binary cross-entropy of logits x and targets t from 0 to 1, the mean of {@code softplus(x) − x·t}: equal to
     * {@code −t·log σ(x) − (1−t)·log(1−σ(x))}, but safe for large x.
     */
    public static Variable bceWithLogits(Variable logits, Variable targets) {
        requireSame("bceWithLogits", logits, targets);
        return logits.softplus().sub(logits.mul(targets)).mean();
    }

    /**
     * Kullback-Leibler divergence {@code Σ p·(log p − log q)} over the last axis, the mean over the rest. A p of 0
     * counts as 0.
     *
     * @param logQ the model's log-probabilities {@code [.., K]}
     * @param p the target's probabilities, a constant of the same shape
     */
    public static Variable klDivergence(Variable logQ, Tensor p) {
        requireSame("klDivergence", logQ, Variable.constant(p));
        double rows = (double) p.size() / p.dim(-1);
        Tensor negativeEntropy = p.mul(p.log()).maskedFill(p.eq(0), 0).sum();
        Tensor value =
                negativeEntropy.sub(p.mul(logQ.value()).maskedFill(p.eq(0), 0).sum());
        return Variable.of(
                "klDivergence",
                value.mulInPlace(1 / rows),
                edge(logQ, g -> p.mul(g).mulInPlace(-1 / rows)));
    }

    /**
     * Distillation (Hinton, Vinyals and Dean 2015): {@code T²·KL(softmax(teacher/T) ‖ softmax(student/T))}. The factor
     * T² keeps the size of the gradient when T changes.
     *
     * @param student logits {@code [N, K]}
     * @param teacher logits {@code [N, K]}, a constant
     * @param temperature T, above 0
     */
    public static Variable distillation(Variable student, Tensor teacher, double temperature) {
        if (!(temperature > 0)) {
            throw new IllegalArgumentException("distillation: temperature " + temperature + " must be above 0");
        }
        Tensor p = Softmax.softmax(teacher.div(temperature));
        return klDivergence(logSoftmax(student.div(temperature)), p).mul(temperature * temperature);
    }

    private static Variable difference(String op, Variable prediction, Variable target) {
        requireSame(op, prediction, target);
        return prediction.sub(target);
    }

    /** Broadcasting [N] against [N, 1] would give [N, N], a mistake that only shows as a bad model. */
    private static void requireSame(String op, Variable prediction, Variable target) {
        if (!prediction.shape().equals(target.shape())) {
            throw new ShapeException(
                    op + ": prediction " + prediction.shape() + " and target " + target.shape() + " differ");
        }
    }
}
