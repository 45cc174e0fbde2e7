package espalier.gpu.opencl;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_context;
import org.jocl.cl_device_id;
import org.jocl.cl_kernel;
import org.jocl.cl_program;

/**
 * Compiled programs and their kernels, each made when first asked for and kept. Guarded by the lock of the queue, since
 * the arguments of a kernel belong to whoever holds it.
 */
final class Programs {
    /** What a program is made of. */
    private record Key(String file, String options) {}

    /** What a driver may compile a kernel for. */
    private record Launch(KernelName name, List<Long> group) {}

    /** Builds of a compiler in this process, which a signal may disturb: see {@link SignalHandlers}. */
    private static final int ATTEMPTS = 3;

    private final cl_context context;
    private final DeviceInfo device;
    private final Map<Key, cl_program> programs = new HashMap<>();
    private final Map<KernelName, cl_kernel> kernels = new HashMap<>();
    private final Set<Launch> launched = new HashSet<>();

    Programs(cl_context context, DeviceInfo device) {
        this.context = context;
        this.device = device;
    }

    /** The kernel of this name. */
    cl_kernel kernel(KernelName name) {
        cl_kernel found = kernels.get(name);
        if (found == null) {
            int[] status = new int[1];
            found = CL.clCreateKernel(program(name), name.function(), status);
            Status.check(status[0], "kernel " + name);
            kernels.put(name, found);
        }
        return found;
    }

    /** Whether this is the first time that a kernel is launched in groups of this size. */
    boolean isFirstLaunch(KernelName name, long[] group) {
        return launched.add(new Launch(name, Arrays.stream(group).boxed().toList()));
    }

    private cl_program program(KernelName name) {
        Key key = new Key(name.file(), name.options());
        cl_program found = programs.get(key);
        if (found == null) {
            found = build(name);
            programs.put(key, found);
        }
        return found;
    }

    private cl_program build(KernelName name) {
        String text = KernelText.of(name.file());
        String options = "-cl-std=CL1.2 "
                + (device.exactDivision() ? "-cl-fp32-correctly-rounded-divide-sqrt " : "")
                + (device.doubles() ? "-DHAS_DOUBLE " : "")
                + name.options();
        for (int attempt = 1; ; attempt++) {
            int[] status = new int[1];
            cl_program program = CL.clCreateProgramWithSource(context, 1, new String[] {text}, null, status);
            Status.check(status[0], "program " + name.file());
            int code = DeepStack.call(
                    () -> CL.clBuildProgram(program, 1, new cl_device_id[] {device.id()}, options, null, null));
            if (code == CL.CL_SUCCESS) {
                return program;
            }
            String log = log(program);
            CL.clReleaseProgram(program);
            if (attempt == (device.isCpu() ? ATTEMPTS : 1)) {
                throw new OpenClException("kernel " + name + " does not compile on " + device.name() + ": "
                        + Status.name(code) + "\n" + log);
            }
        }
    }

    private String log(cl_program program) {
        long[] size = new long[1];
        CL.clGetProgramBuildInfo(program, device.id(), CL.CL_PROGRAM_BUILD_LOG, 0, null, size);
        byte[] bytes = new byte[Math.toIntExact(size[0])];
        CL.clGetProgramBuildInfo(program, device.id(), CL.CL_PROGRAM_BUILD_LOG, bytes.length, Pointer.to(bytes), null);
        return DeviceInfo.string(bytes);
    }

    /** Releases all handles. */
    void close() {
        kernels.values().forEach(CL::clReleaseKernel);
        programs.values().forEach(CL::clReleaseProgram);
        kernels.clear();
        programs.clear();
    }
}
