/**
 * Pruning and quantization. Read {@link espalier.sparsity.Granularity} first: it turns a weight into a vector of
 * importances, and with it any method for single weights prunes filters, channels or columns. Methods change what a layer
 * sees ({@code espalier.sparsity.parametrize}) or take part in training ({@code espalier.sparsity.prune}).
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity;
