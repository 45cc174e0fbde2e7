/** Tensors: values, shapes, layouts and devices. */
@NullMarked
package espalier.tensor;

import org.jspecify.annotations.NullMarked;
