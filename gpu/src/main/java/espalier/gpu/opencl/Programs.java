package espalier.gpu.opencl;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
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
    private record Key(String file, String options, String more) {}

    /** Builds of a compiler in this process, which a signal may disturb: see {@link SignalHandlers}. */
    private static final int ATTEMPTS = 3;

    private final cl_context context;
    private final DeviceInfo device;
    private final Map<Key, cl_program> programs = new HashMap<>();
    private final Map<KernelName, BoundKernel> kernels = new HashMap<>();
    private final Map<KernelName, List<long[]>> groups = new HashMap<>(); // that each was launched in
    private final Optional<ProgramCache> cache;
    private int fromDisk;

    Programs(cl_context context, DeviceInfo device) {
        this.context = context;
        this.device = device;
        this.cache = ProgramCache.of(device);
    }

    /** The kernel of this name. */
    BoundKernel kernel(KernelName name) {
        BoundKernel found = kernels.get(name);
        if (found == null) {
            int[] status = new int[1];
            cl_kernel made = CL.clCreateKernel(program(name), name.function(), status);
            Status.check(status[0], "kernel " + name);
            found = new BoundKernel(made);
            kernels.put(name, found);
        }
        return found;
    }

    /** Whether this is the first time that a kernel is launched in groups of this size. */
    boolean isFirstLaunch(KernelName name, long[] group) {
        List<long[]> known = groups.computeIfAbsent(name, _ -> new ArrayList<>());
        for (long[] earlier : known) {
            if (Arrays.equals(earlier, group)) {
                return false;
            }
        }
        return known.add(group.clone());
    }

    private cl_program program(KernelName name) {
        Key key = new Key(name.file(), name.options(), name.more());
        cl_program found = programs.get(key);
        if (found == null) {
            found = build(name);
            programs.put(key, found);
        }
        return found;
    }

    /** What every program is compiled with. */
    String options() {
        return "-cl-std=CL1.2 "
                + (device.exactDivision() ? "-cl-fp32-correctly-rounded-divide-sqrt " : "")
                + (device.doubles() ? "-DHAS_DOUBLE " : "");
    }

    private cl_program build(KernelName name) {
        String text = KernelText.of(name.file()) + name.more();
        String options = options() + name.options();
        String key = ProgramCache.key(text, options, device.platformName(), device.name(), device.driver());
        Optional<cl_program> kept = cache.flatMap(disk -> disk.load(key)).flatMap(binary -> link(binary, options));
        if (kept.isPresent()) {
            fromDisk++;
            return kept.get();
        }
        cl_program made = compile(name, text, options);
        cache.ifPresent(disk -> disk.store(key, binary(made)));
        return made;
    }

    private cl_program compile(KernelName name, String text, String options) {
        for (int attempt = 1; ; attempt++) {
            int[] status = new int[1];
            cl_program program = CL.clCreateProgramWithSource(context, 1, new String[] {text}, null, status);
            Status.check(status[0], "program " + name.file());
            int code = finish(program, options);
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

    private int finish(cl_program program, String options) {
        return DeepStack.call(
                () -> CL.clBuildProgram(program, 1, new cl_device_id[] {device.id()}, options, null, null));
    }

    /** A program from what the driver made of it before; nothing if the driver does not want it any more. */
    private Optional<cl_program> link(byte[] binary, String options) {
        int[] status = new int[1];
        cl_program program = CL.clCreateProgramWithBinary(
                context,
                1,
                new cl_device_id[] {device.id()},
                new long[] {binary.length},
                new byte[][] {binary},
                new int[1],
                status);
        if (status[0] != CL.CL_SUCCESS) {
            return Optional.empty();
        }
        if (finish(program, options) != CL.CL_SUCCESS) {
            CL.clReleaseProgram(program);
            return Optional.empty();
        }
        return Optional.of(program);
    }

    private static byte[] binary(cl_program program) {
        long[] size = new long[1];
        Status.check(
                CL.clGetProgramInfo(program, CL.CL_PROGRAM_BINARY_SIZES, Sizeof.size_t, Pointer.to(size), null),
                "a program's size");
        byte[] bytes = new byte[Math.toIntExact(size[0])];
        Status.check(
                CL.clGetProgramInfo(
                        program, CL.CL_PROGRAM_BINARIES, Sizeof.POINTER, Pointer.to(Pointer.to(bytes)), null),
                "a program's code");
        return bytes;
    }

    /** Programs that were found on disk. */
    int fromDisk() {
        return fromDisk;
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
        kernels.values().forEach(kernel -> CL.clReleaseKernel(kernel.handle()));
        programs.values().forEach(CL::clReleaseProgram);
        kernels.clear();
        programs.clear();
    }
}
