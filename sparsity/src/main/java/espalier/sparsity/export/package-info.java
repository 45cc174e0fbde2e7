/**
 * Models in files that are as small as pruning and quantization made them.
 *
 * <p>Read {@link espalier.sparsity.export.PackedTensor} first, then {@link espalier.sparsity.export.Program}, which
 * says what to do with the tensors, then {@link espalier.sparsity.export.PackedModel}, which is both in a file.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.export;
