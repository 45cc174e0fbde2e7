/**
 * Matrices that are stored in less space than one {@code float} per element, and can be multiplied without being
 * unpacked first: sparse rows, sparse blocks, 8 and 4 bit integers, ternary and binary values; and dense ones, for the
 * layers of a network that stay as they are.
 *
 * <p>All are immutable values. Read {@link espalier.tensor.packed.PackedMatrix} first.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.packed;
