/** Pruning, quantization, surgery, and compressed models. */
module espalier.sparsity {
    requires transitive espalier.nn;
    requires static org.jspecify;
}
