/**
 * Running packed models: no gradients, no graph, and the memory of one call used again for the next.
 *
 * <p>Read {@link espalier.sparsity.runtime.InferenceModel} first.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.runtime;
