/**
 * What a pruned and quantized layer costs on disk, in bits, and the streams that cost it. Read
 * {@link espalier.sparsity.storage.StorageBits} for the arithmetic, {@link espalier.sparsity.storage.RelativeIndex} for
 * where the non-zeros are, and {@link espalier.sparsity.storage.HuffmanCode} for what any of it shrinks to.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.storage;
