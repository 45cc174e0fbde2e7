/**
 * ADMM-NN-S: pruning and quantization as one algorithm over projections. Read {@link espalier.sparsity.admm.Admm}, then
 * {@link espalier.sparsity.admm.Constraint}; {@link espalier.sparsity.admm.LayerRates} and
 * {@link espalier.sparsity.admm.LayerBits} say what each layer is to become.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.admm;
