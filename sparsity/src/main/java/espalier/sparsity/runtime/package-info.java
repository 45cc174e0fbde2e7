/**
 * Running packed models: no gradients, no graph, and the memory of one call used again for the next.
 *
 * <p>Read {@link espalier.sparsity.runtime.InferenceModel} first, then {@code Workspace}, where the steps of a program
 * become calls; {@code MemoryPlan} says where values lie, {@code BlockPlan} in which layout.
 */
@org.jspecify.annotations.NullMarked
package espalier.sparsity.runtime;
