/**
 * Matrix products in F32. {@link espalier.tensor.cpu.vector.gemm.VectorGemm} chooses among five ways; read it first,
 * then {@link espalier.tensor.cpu.vector.gemm.GemmTile}, the loop in which the time is spent.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.gemm;
