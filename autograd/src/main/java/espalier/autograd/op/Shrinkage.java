package espalier.autograd.op;

import espalier.autograd.Variable;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * Group shrinkage: the soft threshold of whole groups of weights, such as filters, by their norm (Yuan and Lin 2006). A
 * group below the threshold becomes exactly 0, any other gets shorter by the threshold.
 *
 * <pre>{@code
 * Variable w = Variable.parameter(Tensor.ones(16, 3, 3, 3));
 * Variable t = Variable.parameter(Tensor.scalar(0.1f));
 * Variable shrunk = Shrinkage.groups(w, t, 1, 2, 3);   // one group a filter
 * }</pre>
 */
public final class Shrinkage {
    private Shrinkage() {}

    /**
     * {@code w·max(0, 1 − t/n)} with {@code n = ‖w‖} over the axes of a group, and 0 where n is 0.
     *
     * <p>Where {@code n > t}: {@code dw = (1 − t/n)·g + (t/n³)·w·Σ(w·g)} and {@code dt = −Σ(w·g)/n}; elsewhere 0.
     *
     * @param t at least 0; broadcasts against the norms, which keep their axes: {@code []} or {@code [O, 1, 1, 1]}
     * @param axes the axes of a group; with a group of one element this is the soft threshold
     */
    public static Variable groups(Variable w, Variable t, int... axes) {
        Tensor x = w.value();
        Tensor threshold = t.value();
        Tensor n = x.norm(true, axes);
        Tensor alive = n.gt(threshold);
        Tensor inverse = n.reciprocal().maskedFill(n.eq(0), 0);
        Tensor factor = threshold.mul(inverse).neg().addInPlace(1); // 1 − t/n
        Tensor kept = factor.maskedFill(alive.not(), 0);
        return Variable.jointly("shrink", x.mul(kept), List.of(w, t), g -> {
            Tensor along = x.mul(g).sum(true, axes).mulInPlace(inverse).maskedFill(alive.not(), 0); // Σ(w·g)/n
            Optional<Tensor> dw = Optional.empty();
            if (w.needsGradient()) {
                Tensor turn = threshold.mul(inverse.square()).mulInPlace(along); // t·Σ(w·g)/n³
                dw = Optional.of(g.mul(kept).addInPlace(x.mul(turn)));
            }
            return List.of(dw, Optional.of(along.neg()));
        });
    }
}
