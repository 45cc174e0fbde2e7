package espalier.tensor.cpu.vector.packed;

/** What the lanes of a vector of the right operand are. */
enum Lane {
    /** Neighbouring pixels of one image. */
    PIXEL,
    /** The same pixel of several images; a matrix, too, has an image in each column. */
    IMAGE
}
