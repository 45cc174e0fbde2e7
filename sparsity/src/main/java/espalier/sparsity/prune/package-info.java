/**
 * Methods that take part in training, each written once over a list of {@link espalier.sparsity.Prunable}. Read
 * {@link espalier.sparsity.prune.Allocation}, then {@link espalier.sparsity.prune.MagnitudePruning} and
 * {@link espalier.sparsity.prune.SparsityTarget}.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.prune;
