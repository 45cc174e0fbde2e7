/** Tests of handles, queues and drivers. */
@org.jspecify.annotations.NullMarked
package espalier.gpu.opencl;
