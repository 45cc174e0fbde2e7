/**
 * What is computed with a vector of channels for a pixel, for {@code conv} and {@code blocked}: tiles, which sum over
 * channels or over pixels, and the squares of Winograd's algorithm. Read
 * {@link espalier.tensor.cpu.vector.channels.Squares} first.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.channels;
