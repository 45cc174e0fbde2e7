package espalier.gpu.opencl;

/**
 * A kernel: a file of OpenCL C, the options it is compiled with, and one of its functions.
 *
 * @param file a resource beside the back end, such as {@code map.cl}
 * @param options for the compiler, mostly definitions: {@code -DTYPE=float}
 * @param function the kernel function
 * @param more text after that of the file, for kernels that are written while the program runs; else empty
 */
public record KernelName(String file, String options, String function, String more) {
    /** A kernel that a file holds. */
    public KernelName(String file, String options, String function) {
        this(file, options, function, "");
    }

    @Override
    public String toString() {
        return function + " of " + file + (options.isBlank() ? "" : " (" + options.strip() + ")")
                + (more.isEmpty() ? "" : "\n" + more);
    }
}
