package espalier.sparsity.prune;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Projection;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Pruning and quantization by the alternating direction method of multipliers (Zhang et al. 2018, section 3; Ma et al.
 * 2022): train while pulling each weight W towards a member Z of a set, and move Z now and then.
 *
 * <pre>{@code
 * W:  gradient += ρ·(W − Z + U)        in every step
 * Z ← nearest member to W + U           once a round
 * U ← U + W − Z
 * }</pre>
 *
 * <p>ρ grows by a factor each round, and U, which is the dual over ρ, shrinks by it, so that the dual itself stays.
 * {@link #project} ends it: W itself becomes a member, and its zeros are held by a mask while the rest is retrained.
 */
public final class Admm implements TrainingListener {
    /**
     * How strongly, and how often.
     *
     * @param rho first ρ, above 0
     * @param growth factor of ρ each round, at least 1
     * @param limit largest ρ
     * @param roundEpochs epochs between updates of Z, at least 1
     */
    public record Options(double rho, double growth, double limit, int roundEpochs) {
        /** Checks the ranges. */
        public Options {
            if (!(rho > 0) || !(growth >= 1) || !(limit >= rho) || roundEpochs < 1) {
                throw new IllegalArgumentException("admm: rho " + rho + ", growth " + growth + ", limit " + limit
                        + " and " + roundEpochs + " epochs a round make no schedule");
            }
        }
    }

    private final Options options;
    private final Map<String, Constraint> constraints = new LinkedHashMap<>();

    /** With a set for each of some weights, by path. */
    public Admm(Map<String, Parameter> weights, Map<String, Projection> sets, Options options) {
        this.options = options;
        sets.forEach((path, set) -> {
            Parameter weight = weights.get(path);
            if (weight == null) {
                throw new IllegalArgumentException("admm: there is no weight called " + path + "; there are "
                        + String.join(", ", weights.keySet()));
            }
            constraints.put(path, new Constraint(weight, set, options.rho));
        });
    }

    /** The state of one weight. */
    public static final class Constraint {
        private final Parameter weight;
        private final Projection set;
        private double rho;
        private Tensor z;
        private Tensor u;

        Constraint(Parameter weight, Projection set, double rho) {
            this.weight = weight;
            this.set = set;
            this.rho = rho;
            Tensor w = weight.raw().value();
            this.z = set.nearest(w);
            this.u = w.zerosLike();
        }

        /** The strength of the pull now. */
        public double rho() {
            return rho;
        }

        /** The member that W is pulled towards. */
        public Tensor target() {
            return z;
        }

        /** The scaled dual: the sum of what was missing. */
        public Tensor dual() {
            return u;
        }

        /** ‖W − Z‖/‖W‖: how far W is from being a member. */
        public double primalResidual() {
            Tensor w = weight.raw().value();
            return w.sub(z).norm().item() / Math.max(1e-30, w.norm().item());
        }

        /** Adds ρ·(W − Z + U), the gradient of (ρ/2)·‖W − Z + U‖², to the gradient of the loss. */
        void pull() {
            Tensor w = weight.raw().value();
            Tensor penalty = w.sub(z).addInPlace(u).mulInPlace(rho);
            Tensor gradient = weight.raw().gradient().map(g -> g.add(penalty)).orElse(penalty);
            weight.raw().setGradient(gradient);
        }

        /** The Z and U steps, then a stronger ρ. */
        void round(double growth, double limit) {
            Tensor w = weight.raw().value();
            z = set.nearest(w.add(u));
            u = u.add(w).subInPlace(z);
            double next = Math.min(limit, rho * growth);
            u.mulInPlace(rho / next);
            rho = next;
        }

        /** W becomes the nearest member. */
        void project() {
            Tensor w = weight.raw().value();
            w.copyInPlace(set.nearest(w));
            weight.parametrize(new Masked(w.ne(0).to(DType.F32)));
        }
    }

    /** The constraints by path, for logs. */
    public Map<String, Constraint> constraints() {
        return Collections.unmodifiableMap(constraints);
    }

    @Override
    public void onBackward(Position at) {
        constraints.values().forEach(Constraint::pull);
    }

    @Override
    public void onEpoch(Position at, EpochReport report) {
        if (at.epoch() % options.roundEpochs == 0) {
            constraints.values().forEach(c -> c.round(options.growth, options.limit));
        }
    }

    /** Leaves every weight a member of its set, its zeros held by masks. Call outside any {@link TensorScope}. */
    public void project() {
        constraints.values().forEach(Constraint::project);
    }

    @Override
    public void onFinish(Module model) {
        project();
    }
}
