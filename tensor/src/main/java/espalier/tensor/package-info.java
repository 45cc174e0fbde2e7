/**
 * Tensors: values, layouts, devices and the operations on them.
 *
 * <p>Read {@link espalier.tensor.Layout} first, then {@link espalier.tensor.Tensor}, then
 * {@link espalier.tensor.spi.Backend} and its plain implementation.
 */
@org.jspecify.annotations.NullMarked
package espalier.tensor;
