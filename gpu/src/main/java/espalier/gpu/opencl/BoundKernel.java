package espalier.gpu.opencl;

import java.util.Arrays;
import java.util.Objects;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_kernel;

/**
 * A kernel and the numbers it was last given. Setting an argument costs a good part of what a launch costs, so numbers
 * that are the same as the last time are not set again. Memory always is: its handle may be another's by now.
 */
final class BoundKernel {
    private final cl_kernel handle;
    private Object[] bound = {};

    BoundKernel(cl_kernel handle) {
        this.handle = handle;
    }

    cl_kernel handle() {
        return handle;
    }

    /** The status of giving the kernel its {@code i}-th argument. */
    int bind(int i, Object argument) {
        if (i < bound.length && Objects.deepEquals(bound[i], argument)) {
            return CL.CL_SUCCESS;
        }
        int code = set(i, argument);
        if (code == CL.CL_SUCCESS && !(argument instanceof DeviceMemory)) {
            bound = Arrays.copyOf(bound, Math.max(bound.length, i + 1));
            bound[i] = argument instanceof int[] vector ? vector.clone() : argument;
        }
        return code;
    }

    private int set(int i, Object argument) {
        return switch (argument) {
            case DeviceMemory memory -> CL.clSetKernelArg(handle, i, Sizeof.cl_mem, Pointer.to(memory.handle()));
            case Integer value -> CL.clSetKernelArg(handle, i, Sizeof.cl_int, Pointer.to(new int[] {value}));
            case Long value -> CL.clSetKernelArg(handle, i, Sizeof.cl_long, Pointer.to(new long[] {value}));
            case Float value -> CL.clSetKernelArg(handle, i, Sizeof.cl_float, Pointer.to(new float[] {value}));
            case Double value -> CL.clSetKernelArg(handle, i, Sizeof.cl_double, Pointer.to(new double[] {value}));
            case Byte value -> CL.clSetKernelArg(handle, i, Sizeof.cl_char, Pointer.to(new byte[] {value}));
            case int[] vector -> CL.clSetKernelArg(handle, i, (long) Sizeof.cl_int * vector.length, Pointer.to(vector));
            case LocalMemory local -> CL.clSetKernelArg(handle, i, local.bytes(), null);
            default -> throw new IllegalArgumentException("no kernel takes a " + argument.getClass());
        };
    }
}
