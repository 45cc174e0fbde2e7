package espalier.sparsity.parametrize;

import espalier.autograd.Variable;

/** From the trained number s to a threshold t = g(s) that is never negative (Kusupati et al. 2020, section 3). */
public enum ThresholdMap {
    /** t = 1/(1+e<sup>−s</sup>), from 0 to 1: the choice for convolutional networks. */
    SIGMOID,
    /** t = e<sup>s</sup>: the choice for recurrent ones. */
    EXP,
    /** t = log(1+e<sup>s</sup>). */
    SOFTPLUS;

    /** The threshold. */
    public Variable apply(Variable s) {
        return switch (this) {
            case SIGMOID -> s.sigmoid();
            case EXP -> s.exp();
            case SOFTPLUS -> s.softplus();
        };
    }
}
