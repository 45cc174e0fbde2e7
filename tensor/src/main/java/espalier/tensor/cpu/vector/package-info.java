/**
 * The fast CPU back end, the only package that mentions {@code jdk.incubator.vector}. Everything begins at
 * {@link espalier.tensor.cpu.vector.VectorBackend}, which hands each operation to a family of kernels.
 *
 * <p>Kernels are static methods over heap arrays and offsets. Elementwise kernels
 * ({@link espalier.tensor.cpu.vector.UnaryKernel}, {@link espalier.tensor.cpu.vector.BinaryKernel}) work on runs, and
 * {@link espalier.tensor.cpu.vector.VectorElementwise} takes tensors apart into runs. Reductions
 * ({@link espalier.tensor.cpu.vector.RowReduction}, {@link espalier.tensor.cpu.vector.ColumnReduction}) add in an order
 * that depends on the length alone. Work is cut into tasks by shape alone
 * ({@link espalier.tensor.cpu.vector.Tasks}), so that the number of threads changes no bit.
 *
 * <p>Loops are written out rather than shared through methods that take or return vectors. Such a method is fast only
 * where the compiler inlines it, and whether it does depends on what it has compiled before; a vector that crosses a
 * call is an object.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector;
