/**
 * Products with packed matrices. {@link espalier.tensor.cpu.vector.packed.VectorPackedKernel} is the door.
 * {@link espalier.tensor.cpu.vector.packed.PackedRows} is a matrix in the order in which its kernel reads it;
 * {@link espalier.tensor.cpu.vector.packed.PackedProduct} and
 * {@link espalier.tensor.cpu.vector.packed.PackedConvolution} lead it over a matrix and over images, which lie one
 * after the other or side by side. {@link espalier.tensor.cpu.vector.packed.SignProduct} and
 * {@link espalier.tensor.cpu.vector.packed.IntegerProduct} have codes on both sides.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.packed;
