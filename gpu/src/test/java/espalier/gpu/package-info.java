/** Tests of the OpenCL back end, on whatever device is found. */
@org.jspecify.annotations.NullMarked
package espalier.gpu;
