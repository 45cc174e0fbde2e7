/**
 * Normalization and softmax. Read {@link espalier.tensor.cpu.vector.norm.SoftmaxKernel} first, then
 * {@link espalier.tensor.cpu.vector.norm.BatchNormKernel}, which works plane by plane or, where planes are small,
 * column by column, and last {@link espalier.tensor.cpu.vector.norm.ConvBatchNormKernel}, which does it while a
 * convolution goes through its images.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.norm;
