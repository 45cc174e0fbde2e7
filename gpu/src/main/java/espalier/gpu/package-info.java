/** Tensors on OpenCL devices. */
@NullMarked
package espalier.gpu;

import org.jspecify.annotations.NullMarked;
