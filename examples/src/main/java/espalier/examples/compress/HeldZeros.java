package espalier.examples.compress;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import java.util.Optional;

/**
 * What an earlier stage removed stays removed in the next: masks over every weight, and every scale of a batch norm
 * with its shift, in which something is zero.
 */
final class HeldZeros {
    private HeldZeros() {}

    /** Puts the masks on, where nothing else stands between a parameter and its layer. */
    static void in(Module net) {
        for (Parameter parameter : net.parameters().values()) {
            if (parameter.role() == Role.WEIGHT) {
                hold(parameter, parameter.raw().value());
            }
        }
        for (Module layer : net.modules().values()) {
            if (layer instanceof BatchNorm norm) {
                Tensor scale = norm.scale().raw().value();
                hold(norm.shift(), scale); // a channel of scale 0 and shift 0 is 0 for every input
                hold(norm.scale(), scale);
            }
        }
    }

    private static void hold(Parameter parameter, Tensor zeroAt) {
        if (parameter.parametrization().isPresent() || zeroAt.countNonZero().item() == zeroAt.size()) {
            return;
        }
        Tensor mask = zeroAt.ne(0).to(DType.F32);
        mask.storage().moveTo(Optional.empty()); // lives as long as the parameter
        parameter.raw().value().copyInPlace(parameter.raw().value().mul(mask));
        parameter.parametrize(new Masked(mask));
    }
}
