package espalier.sparsity.runtime;

/** How the weights of a convolution or a linear layer lie in memory while it runs, and so which loop computes it. */
public enum Kernel {
    /** All elements as floats. */
    DENSE,
    /** {@link espalier.tensor.packed.CsrMatrix}: the elements that are not zero. */
    CSR,
    /**
     * {@link espalier.tensor.packed.BlockMatrix}: blocks of four rows by one column with an element that is not zero.
     */
    BLOCKS,
    /** {@link espalier.tensor.packed.Int8Matrix}: a quarter of the memory at about the speed of floats. */
    INT8,
    /** {@link espalier.tensor.packed.Int4Matrix}: an eighth of the memory. */
    INT4,
    /** {@link espalier.tensor.packed.TernaryMatrix}. */
    TERNARY,
    /** {@link espalier.tensor.packed.BinaryMatrix}: signs. */
    BINARY
}
