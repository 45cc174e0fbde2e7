/**
 * Images whose channels lie in blocks: {@code [N, C/b, H, W, b]}, where b, the channels of a block, is the length of a
 * vector.
 *
 * <p>A pixel of a block is one vector, whatever the sizes of the image: no row has a rest, a stride skips whole
 * vectors, and no kernel sorts or transposes anything. The idea is that of the layout {@code nChw16c} of oneDNN
 * (Georganas et al. 2018, "Anatomy of high-performance deep learning convolutions on SIMD architectures").
 *
 * <p>Read {@link espalier.tensor.cpu.vector.blocked.BlockWindow} first, then
 * {@link espalier.tensor.cpu.vector.blocked.BlockSweep}. Plain images become blocked ones in
 * {@link espalier.tensor.cpu.vector.blocked.BlockStem}, the first convolution of a network.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.blocked;
