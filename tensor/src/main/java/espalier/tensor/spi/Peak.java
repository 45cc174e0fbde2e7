package espalier.tensor.spi;

/**
 * What a device itself can do, to read the figures of kernels against.
 *
 * @param flops F32 operations a second, two for a multiply-add, in registers
 * @param bytes bytes a second that a copy of large arrays reads and writes
 */
public record Peak(double flops, double bytes) {}
