/**
 * What all kernels stand on. Read {@link espalier.tensor.cpu.vector.lanes.Lanes} first: how many floats a vector has.
 * {@link espalier.tensor.cpu.vector.lanes.Tasks} cuts work into tasks, {@link espalier.tensor.cpu.vector.lanes.Heap}
 * finds the arrays of tensors, {@link espalier.tensor.cpu.vector.lanes.Span} is one with its beginning,
 * {@link espalier.tensor.cpu.vector.lanes.StridedCopy} and {@link espalier.tensor.cpu.vector.lanes.Transpose} move
 * numbers about, {@link espalier.tensor.cpu.vector.lanes.Fetch} has memory send them first.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor.cpu.vector.lanes;
