/**
 * OpenCL as this project uses it: devices, one queue a device, buffers in a pool, programs in a cache.
 *
 * <p>Read {@link espalier.gpu.opencl.Discovery} first, then {@link espalier.gpu.opencl.CommandQueue}. JOCL checks
 * neither lengths nor lifetimes, so here each handle has one owner, and every transfer is checked before it is made.
 */
@NullMarked
package espalier.gpu.opencl;

import org.jspecify.annotations.NullMarked;
