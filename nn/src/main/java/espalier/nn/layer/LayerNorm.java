package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.autograd.op.Normalizations;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;

/** Normalization over the last axis of each sample (Ba et al. 2016), with a scale and a shift an element. */
public final class LayerNorm extends Module {
    private static final double EPSILON = 1e-5;

    private final Parameter scale;
    private final Parameter shift;

    /** For inputs whose last axis has this size. */
    public LayerNorm(Init init, int features) {
        scale = parameter("scale", Role.NORM_SCALE, Initializer.constant(1).values(init, Shape.of(features)));
        shift = parameter("shift", Role.NORM_SHIFT, Initializer.constant(0).values(init, Shape.of(features)));
    }

    @Override
    protected Variable forward(Variable x) {
        return Normalizations.layerNorm(x, scale.get(), shift.get(), EPSILON);
    }
}
