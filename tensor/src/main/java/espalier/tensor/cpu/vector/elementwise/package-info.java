/**
 * Operations on one element at a time. {@link espalier.tensor.cpu.vector.elementwise.VectorElementwise} takes tensors
 * apart into runs; read {@link espalier.tensor.cpu.vector.elementwise.UnaryKernel} for what happens to a run, then
 * {@link espalier.tensor.cpu.vector.elementwise.VectorMath} for exp, log and their like as polynomials.
 * {@link espalier.tensor.cpu.vector.elementwise.UpdateKernel} holds the steps of the optimizers.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.elementwise;
