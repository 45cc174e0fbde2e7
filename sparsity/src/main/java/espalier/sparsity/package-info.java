/**
 * Pruning and quantization. Read {@link espalier.sparsity.Importance} first: it turns a weight into a vector, and with
 * it any method for single weights prunes filters, channels, columns or blocks. {@link espalier.sparsity.Prunable} is
 * one such vector of a network. Methods change what a layer sees ({@code espalier.sparsity.parametrize}) or take part
 * in training ({@code espalier.sparsity.prune}).
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity;
