package espalier.sparsity.export;

/**
 * How a packed tensor says which of its elements it holds. The tensor is seen as a matrix: a row for each output
 * channel (or feature), everything else side by side in the columns. Elements that are not held are zero.
 */
public enum Index {
    /** All elements: no index at all. */
    EVERY,
    /** A bit for each element. */
    MASK,
    /** Kept rows and kept columns, a bit for each; their crossings are held. What structured pruning leaves. */
    GRID,
    /** Compressed sparse rows: for each row a count, then the columns in as many bits as the widest needs. */
    ROWS,
    /** Blocks of four rows by one column, kept whole: for each block row a count, then the columns. */
    BLOCKS,
    /**
     * The run of zeros before each element in a fixed number of bits, the best one (Han et al. 2016, section 2). A run
     * too long for it is bridged by a code of all ones that holds no element, which is less than the padding zero of
     * the paper.
     */
    RUNS,
    /** The same runs in Rice codes, of variable length: near the entropy when zeros lie anyhow (Rice 1979). */
    GAPS;

    /** Rows of a block. */
    static final int BLOCK = 4;
}
