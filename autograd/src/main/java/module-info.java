/** Reverse-mode differentiation: variables, the operations of networks, and the check of their gradients. */
module espalier.autograd {
    requires transitive espalier.tensor;
    requires static org.jspecify;

    exports espalier.autograd;
    exports espalier.autograd.check;
    exports espalier.autograd.graph;
    exports espalier.autograd.op;
}
