/**
 * Weights and activations that may take few values. For sets that weights are projected to read
 * {@link espalier.sparsity.quant.QuantizationSet}, then {@link espalier.sparsity.quant.Levels}. For the arithmetic of
 * bytes read {@link espalier.sparsity.quant.UniformGrid}; {@link espalier.sparsity.quant.WeightScheme} and
 * {@link espalier.sparsity.quant.Activations} choose grids for a trained model, and
 * {@link espalier.sparsity.quant.FakeQuantize} lets a network learn through them.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.quant;
