package espalier.gpu.opencl;

/**
 * A kernel's argument: memory that each work-group shares.
 *
 * @param bytes its size
 */
public record LocalMemory(long bytes) {}
