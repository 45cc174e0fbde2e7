/**
 * The fast CPU back end: this package and those below it are the only ones that mention {@code jdk.incubator.vector}.
 * Everything begins at {@link espalier.tensor.cpu.vector.VectorBackend}, which hands each operation to a family of
 * kernels, a package for each:
 *
 * <ul>
 *   <li>{@code lanes}: how long a vector is, how work is cut into tasks; read it first;
 *   <li>{@code elementwise} and {@code reduce}: one element at a time, and sums;
 *   <li>{@code norm} and {@code pool}: normalization, softmax, pooling;
 *   <li>{@code gemm}: matrix products; {@code conv}: convolutions and their gradients;
 *   <li>{@code channels}: what convolutions compute with a vector of channels for a pixel;
 *   <li>{@code blocked}: images whose channels lie in blocks, for inference;
 *   <li>{@code packed}: products with sparse, quantized, binary and packed dense matrices.
 * </ul>
 *
 * <p>Kernels are static methods over heap arrays and offsets. Work is cut into tasks by shape alone, so that the number
 * of threads changes no bit.
 *
 * <p>Loops are written out rather than shared through methods that take or return vectors. Such a method is fast only
 * where the compiler inlines it, and whether it does depends on what it has compiled before; a vector that crosses a
 * call is an object. A vector that comes out of memory or of a loop is cast to its class
 * ({@link espalier.tensor.cpu.vector.lanes.Lanes#VECTOR}) before anything is called on it.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector;
