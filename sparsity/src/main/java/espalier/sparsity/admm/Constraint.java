package espalier.sparsity.admm;

import espalier.nn.Parameter;
import espalier.sparsity.Projection;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Optional;

/**
 * One weight W on its way into a set: the member Z that it is pulled towards and the scaled dual U, the sum of what was
 * missing.
 *
 * <p>A mask that the weight already has stays: what an earlier step pruned is zero in W, Z and U.
 */
public final class Constraint {
    private static final double TINY = 1e-30;

    private final String path;
    private final Parameter weight;
    private final Projection set;
    private final Pull pull;
    private final Tensor z;
    private final Tensor u;
    private double rho;
    private double primal;
    private double dual = Double.POSITIVE_INFINITY;

    Constraint(String path, Parameter weight, Projection set, Pull pull) {
        this.path = path;
        this.weight = weight;
        this.pull = pull;
        this.rho = pull.rho();
        try (TensorScope _ = TensorScope.open()) {
            this.set = masked(weight, set);
            this.z = unscoped(this.set.nearest(w()));
            this.u = unscoped(w().zerosLike());
            this.primal = distance(w(), z) / norm(w());
        }
    }

    /** The stored value becomes what layers see, and the set a part of itself, if zeros are held already. */
    private static Projection masked(Parameter weight, Projection set) {
        Optional<Masked> held =
                weight.parametrization().filter(Masked.class::isInstance).map(Masked.class::cast);
        if (held.isEmpty()) {
            if (weight.parametrization().isPresent()) {
                throw new IllegalArgumentException(
                        "admm: " + weight.name() + " has a parametrization that is no mask; " + "materialize it first");
            }
            return set;
        }
        weight.raw().value().copyInPlace(weight.get().value());
        Tensor kept = unscoped(held.get().mask().ne(0).expand(weight.shape()).contiguous());
        return Projection.within(kept, set);
    }

    private static Tensor unscoped(Tensor tensor) {
        tensor.storage().moveTo(Optional.empty());
        return tensor;
    }

    private Tensor w() {
        return weight.raw().value();
    }

    /** Where the weight stands in its model. */
    public String path() {
        return path;
    }

    /** The strength of the pull now. */
    public double rho() {
        return rho;
    }

    /** Z: the member that W is pulled towards. */
    public Tensor target() {
        return z;
    }

    /** U: the dual over ρ. */
    public Tensor dual() {
        return u;
    }

    /** Adds ρ·(W − Z + U), the gradient of (ρ/2)·‖W − Z + U‖², to the gradient of the loss. */
    void pull() {
        Tensor penalty = w().sub(z).addInPlace(u).mulInPlace(rho);
        Tensor gradient = weight.raw().gradient().map(penalty::addInPlace).orElse(penalty);
        weight.raw().setGradient(gradient);
    }

    /** The Z and U steps, then the next ρ. */
    Residual round(int number) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor next = set.nearest(w().add(u));
            double moved = distance(next, z);
            z.copyInPlace(next);
            u.addInPlace(w()).subInPlace(z);
            double gap = distance(w(), z);
            primal = gap / norm(w());
            dual = moved / norm(z);
            Residual residual = new Residual(number, path, rho, primal, dual);
            double stronger = pull.next(rho, gap * gap, moved * moved);
            if (pull.dualKept()) {
                u.mulInPlace(rho / stronger);
            }
            rho = stronger;
            return residual;
        }
    }

    boolean isWithin(double primalLimit, double dualLimit) {
        return primal <= primalLimit && dual <= dualLimit;
    }

    private static double distance(Tensor a, Tensor b) {
        return a.sub(b).norm().item();
    }

    private static double norm(Tensor a) {
        return Math.max(TINY, a.norm().item());
    }

    /** W becomes the nearest member (without U), and its zeros stay. */
    void projectAndMask() {
        try (TensorScope _ = TensorScope.open()) {
            w().copyInPlace(set.nearest(w()));
            weight.parametrize(new Masked(unscoped(w().ne(0).to(DType.F32))));
        }
    }

    /** W becomes the nearest member, and stays. */
    void projectAndFreeze() {
        try (TensorScope _ = TensorScope.open()) {
            w().copyInPlace(set.nearest(w()));
        }
        weight.parametrize(new Frozen());
    }
}
