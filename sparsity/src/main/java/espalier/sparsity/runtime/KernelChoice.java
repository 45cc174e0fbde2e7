package espalier.sparsity.runtime;

import espalier.sparsity.export.Coding;
import espalier.sparsity.export.Form;
import espalier.sparsity.export.Index;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedTensor;
import espalier.tensor.packed.BlockMatrix;

/**
 * Which {@link Kernel} is expected to be the fastest for given weights.
 *
 * <p>The sparse ones skip zeros, but each element that they do hold costs more, because it brings an index and uses
 * what it loads only once. A constant says how much more; its inverse is the density below which the kernel is faster
 * than the dense one. Measured on Zen 4 with 8 lanes by {@code examples/run bench sparse}: a product of 512x512 with
 * 512x128 takes 974 µs dense, and with 5 % of the elements 138 µs in CSR, 75 µs in blocks. What a convolution of many
 * images takes depends on more than that; for those the kernel of the back end looks again, and unpacks the weights
 * where dense ones are faster.
 */
final class KernelChoice {
    /** Time of a stored element of CSR, in times of a dense one. */
    static final double CSR_COST = 2.8;

    /** Time of a stored element of a 4x1 block. */
    static final double BLOCK_COST = 1.55;

    private KernelChoice() {}

    /** @param values the weights, unpacked */
    static Kernel of(Operation operation, PackedTensor weight, float[] values) {
        boolean grouped =
                operation instanceof Operation.Convolution c && c.spec().groups() > 1;
        if (grouped) {
            return Kernel.DENSE; // the packed kernels have no groups
        }
        int rows = weight.shape().dim(0);
        Form form = weight.form();
        if (form.index() == Index.EVERY && form.coding() == Coding.BINARY && rows >= 16) {
            return Kernel.BINARY;
        }
        int nonZeros = 0;
        for (float value : values) {
            nonZeros += value != 0 ? 1 : 0;
        }
        double csr = CSR_COST * nonZeros / values.length;
        if (csr >= CSR_COST / BLOCK_COST) { // blocks hold at least the non-zeros
            return Kernel.DENSE;
        }
        int blocks = BlockMatrix.of(values, rows, values.length / rows).blocks();
        double block = BLOCK_COST * blocks * BlockMatrix.DEFAULT_HEIGHT / values.length;
        if (Math.min(csr, block) >= 1) {
            return Kernel.DENSE;
        }
        return csr < block ? Kernel.CSR : Kernel.BLOCKS;
    }
}
