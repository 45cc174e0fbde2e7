/**
 * Sets of few values that weights may take. Read {@link espalier.sparsity.quant.QuantizationSet}, then
 * {@link espalier.sparsity.quant.Levels}.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.quant;
