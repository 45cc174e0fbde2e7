/** Pruning and quantization: importances, methods, projections; surgery, packed models and their run time. */
module espalier.sparsity {
    requires transitive espalier.nn;
    requires static org.jspecify;

    exports espalier.sparsity;
    exports espalier.sparsity.admm;
    exports espalier.sparsity.export;
    exports espalier.sparsity.graph;
    exports espalier.sparsity.ledger;
    exports espalier.sparsity.parametrize;
    exports espalier.sparsity.prune;
    exports espalier.sparsity.quant;
    exports espalier.sparsity.runtime;
    exports espalier.sparsity.storage;
    exports espalier.sparsity.surgery;
}
