/** Layers, optimizers, training and data sets. */
module espalier.nn {
    requires transitive espalier.autograd;
    requires static org.jspecify;
}
