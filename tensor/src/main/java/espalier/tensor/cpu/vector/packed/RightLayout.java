package espalier.tensor.cpu.vector.packed;

import espalier.tensor.cpu.vector.conv.ConvTile;

/**
 * How the right operand of a product is read: row k of it begins at {@code offsets[k]}, and vector v of that row where
 * {@link ConvTile} says. With {@code offsets[k] = k * n} this is a matrix; with the offsets of a padded image it is a
 * convolution.
 *
 * @param table the offsets, as {@link PackedRows#table} arranges them
 * @param tile the vectors
 */
record RightLayout(int[] table, ConvTile tile) {}
