/**
 * Sums and their like. {@link espalier.tensor.cpu.vector.reduce.VectorReduction} sorts a reduction into rows,
 * {@link espalier.tensor.cpu.vector.reduce.RowReduction}, or columns,
 * {@link espalier.tensor.cpu.vector.reduce.ColumnReduction}; both add in an order that depends on the length alone, the
 * same for any length of a vector. Read {@link espalier.tensor.cpu.vector.reduce.RowReduction} first.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.reduce;
