package espalier.tensor.spi;

import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Optional;

/** The steps of optimizers, line for line as {@link SgdSpec} and {@link AdamSpec} write them. */
final class ComposedUpdate {
    private ComposedUpdate() {}

    static void sgd(SgdSpec spec, Tensor w, Tensor g, Optional<Tensor> velocity) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor slope = spec.decay() == 0 ? g : w.mul(spec.decay()).addInPlace(g);
            Tensor direction = slope;
            if (velocity.isPresent()) {
                Tensor v = velocity.get();
                v.mulInPlace(spec.momentum()).addInPlace(slope);
                direction = spec.nesterov() ? v.mul(spec.momentum()).addInPlace(slope) : v;
            }
            w.subInPlace(direction.mul(spec.rate()));
        }
    }

    static void adam(AdamSpec spec, Tensor w, Tensor g, Tensor m, Tensor u) {
        try (TensorScope _ = TensorScope.open()) {
            Tensor slope = g;
            if (spec.decoupled()) {
                w.mulInPlace(1 - spec.rate() * spec.decay());
            } else if (spec.decay() != 0) {
                slope = w.mul(spec.decay()).addInPlace(g);
            }
            m.mulInPlace(spec.beta1()).addInPlace(slope.mul(1 - spec.beta1()));
            u.mulInPlace(spec.beta2()).addInPlace(slope.square().mulInPlace(1 - spec.beta2()));
            Tensor root = u.mul(spec.secondCorrection()).sqrt().addInPlace(spec.epsilon());
            w.subInPlace(m.mul(spec.correctedRate()).divInPlace(root));
        }
    }
}
