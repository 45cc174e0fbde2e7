/**
 * What can stand between a stored weight and its layer. Read {@link espalier.sparsity.parametrize.SoftThreshold}: STR.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.parametrize;
