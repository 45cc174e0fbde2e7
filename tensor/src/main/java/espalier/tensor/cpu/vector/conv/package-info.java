/**
 * Convolutions. Forward pass and gradient to the input are one sum, described by
 * {@link espalier.tensor.cpu.vector.conv.Correlation}: read it first.
 * {@link espalier.tensor.cpu.vector.conv.CorrelationSweep} computes it with pixels side by side in a vector,
 * {@link espalier.tensor.cpu.vector.conv.CorrelationLanes} with images,
 * {@link espalier.tensor.cpu.vector.conv.WinogradSweep}, {@link espalier.tensor.cpu.vector.conv.WinogradLanes} and
 * {@link espalier.tensor.cpu.vector.conv.SquareSweep} with fewer multiplications,
 * {@link espalier.tensor.cpu.vector.conv.PointwiseSweep} a 1 × 1 kernel as a product of matrices,
 * {@link espalier.tensor.cpu.vector.conv.ChannelSweep} with output channels;
 * {@link espalier.tensor.cpu.vector.conv.ConvWay} decides. {@link espalier.tensor.cpu.vector.conv.ConvWeightGradient}
 * sums over pixels instead, and so does {@link espalier.tensor.cpu.vector.conv.SquareGradient} with fewer
 * multiplications, and {@link espalier.tensor.cpu.vector.conv.PlaneGradient} with pixels side by side. Most end in
 * {@link espalier.tensor.cpu.vector.conv.ConvTile}. {@link espalier.tensor.cpu.vector.conv.DepthwiseWeightGradient} and
 * {@link espalier.tensor.cpu.vector.conv.NineTaps} are for one input channel a group; among the gradients
 * {@link espalier.tensor.cpu.vector.conv.WeightGradientWay} decides.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.conv;
