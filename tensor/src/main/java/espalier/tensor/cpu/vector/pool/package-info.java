/**
 * Pooling. {@link espalier.tensor.cpu.vector.pool.MaxPoolKernel} and
 * {@link espalier.tensor.cpu.vector.pool.AveragePoolKernel} hand windows of 2 × 2 with stride 2 to
 * {@link espalier.tensor.cpu.vector.pool.PairPool} and all others to {@link espalier.tensor.cpu.vector.pool.PoolPlane}.
 * {@link espalier.tensor.cpu.vector.pool.ConvMaxPoolKernel} pools what a convolution makes while it is in the cache.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.pool;
