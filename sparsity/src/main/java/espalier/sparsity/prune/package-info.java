/**
 * Methods that take part in training. Read {@link espalier.sparsity.prune.Allocation}, then
 * {@link espalier.sparsity.prune.MagnitudePruning} and {@link espalier.sparsity.prune.Admm}.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.prune;
