package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.vector.lanes.Span;

/**
 * What one run of a {@link ConvWay} reads and writes. Made once for a call and shared by its tasks.
 *
 * @param src the source {@code [images, groups · channels, srcH, srcW]} of a {@link Correlation}
 * @param packed the weights, as {@link ConvWay#pack} made them
 * @param bias a value for each destination channel, or none
 * @param dst the destination {@code [images, groups · rows, dstH, dstW]}, all of which is written
 */
record Operands(Span src, Span packed, Span bias, Span dst) {}
