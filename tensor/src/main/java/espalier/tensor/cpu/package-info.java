/**
 * The CPU back ends without the Vector API. Read {@link espalier.tensor.cpu.StridedLoop} first, then
 * {@link espalier.tensor.cpu.ScalarBackend}, the textbook; {@link espalier.tensor.cpu.Parallel} is the thread pool.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu;
