/** Reverse-mode differentiation: variables, their graph, and the gradient of every operation. */
module espalier.autograd {
    requires transitive espalier.tensor;
    requires static org.jspecify;
}
