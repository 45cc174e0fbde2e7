package espalier.gpu.opencl;

/** What OpenCL refused, in a sentence: the operation, the code's name, and what to do where that is known. */
public final class OpenClException extends RuntimeException {
    private static final long serialVersionUID = 1;

    /** An error with a sentence for people. */
    public OpenClException(String message) {
        super(message);
    }
}
