package espalier.gpu.opencl;

import org.jocl.CL;

/** The status that every OpenCL call returns: 0, or a negative code. */
final class Status {
    private Status() {}

    /** Does nothing for 0. */
    static void check(int code, String what) {
        if (code != CL.CL_SUCCESS) {
            throw new OpenClException(what + ": " + name(code));
        }
    }

    /** The name of a code, as the standard writes it. */
    static String name(int code) {
        return CL.stringFor_errorCode(code) + " (" + code + ")";
    }

    /** Whether the device had no room. */
    static boolean isOutOfMemory(int code) {
        return code == CL.CL_MEM_OBJECT_ALLOCATION_FAILURE
                || code == CL.CL_OUT_OF_RESOURCES
                || code == CL.CL_OUT_OF_HOST_MEMORY
                || code == CL.CL_INVALID_BUFFER_SIZE;
    }
}
