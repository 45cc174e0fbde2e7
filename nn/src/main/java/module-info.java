/**
 * Layers, optimizers, training and data sets.
 *
 * <p>{@code java.desktop} is optional: only {@code espalier.nn.data.image} uses it, to decode image files.
 */
module espalier.nn {
    requires transitive espalier.autograd;
    requires static java.desktop;
    requires static org.jspecify;

    exports espalier.nn;
    exports espalier.nn.data;
    exports espalier.nn.data.image;
    exports espalier.nn.layer;
    exports espalier.nn.model;
    exports espalier.nn.optim;
    exports espalier.nn.train;
}
