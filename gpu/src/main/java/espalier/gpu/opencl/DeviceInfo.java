package espalier.gpu.opencl;

import java.util.ArrayList;
import java.util.List;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.Sizeof;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * What a device says about itself.
 *
 * @param platform the driver's handle
 * @param id the device's handle
 * @param platformName the driver's name
 * @param name the device's name
 * @param driver the driver's version
 * @param version the highest version of OpenCL it knows, such as {@code OpenCL 3.0 CUDA}
 * @param isCpu whether it computes on the processor: long vectors are fast there, local memory and barriers are not
 * @param units compute units
 * @param clock in MHz, as the driver says
 * @param memory bytes of global memory
 * @param largestBuffer bytes that one buffer may have
 * @param localMemory bytes that a work-group shares
 * @param largestGroup items of a work-group
 * @param floatLanes floats that an instruction handles, 1 on most GPUs
 * @param doubles whether it computes with F64
 * @param exactDivision whether F32 division and square root can be asked to round correctly
 * @param subnormals whether F32 results below 2<sup>−126</sup> keep their digits
 */
public record DeviceInfo(
        cl_platform_id platform,
        cl_device_id id,
        String platformName,
        String name,
        String driver,
        String version,
        boolean isCpu,
        int units,
        int clock,
        long memory,
        long largestBuffer,
        long localMemory,
        int largestGroup,
        int floatLanes,
        boolean doubles,
        boolean exactDivision,
        boolean subnormals) {

    /** Asks a device. */
    static DeviceInfo of(cl_platform_id platform, cl_device_id id) {
        long singles = number(id, CL.CL_DEVICE_SINGLE_FP_CONFIG);
        return new DeviceInfo(
                platform,
                id,
                platformName(platform),
                text(id, CL.CL_DEVICE_NAME),
                text(id, CL.CL_DRIVER_VERSION),
                text(id, CL.CL_DEVICE_VERSION),
                (number(id, CL.CL_DEVICE_TYPE) & CL.CL_DEVICE_TYPE_CPU) != 0,
                (int) number(id, CL.CL_DEVICE_MAX_COMPUTE_UNITS),
                (int) number(id, CL.CL_DEVICE_MAX_CLOCK_FREQUENCY),
                number(id, CL.CL_DEVICE_GLOBAL_MEM_SIZE),
                number(id, CL.CL_DEVICE_MAX_MEM_ALLOC_SIZE),
                number(id, CL.CL_DEVICE_LOCAL_MEM_SIZE),
                (int) number(id, CL.CL_DEVICE_MAX_WORK_GROUP_SIZE),
                Math.max(1, (int) number(id, CL.CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT)),
                text(id, CL.CL_DEVICE_EXTENSIONS).contains("cl_khr_fp64"),
                (singles & CL.CL_FP_CORRECTLY_ROUNDED_DIVIDE_SQRT) != 0,
                (singles & CL.CL_FP_DENORM) != 0);
    }

    /** Why the device cannot be used, a clause each; empty if it can. */
    List<String> obstacles() {
        List<String> found = new ArrayList<>();
        if (number(id, CL.CL_DEVICE_AVAILABLE) == 0) {
            found.add("its driver says that it is not available");
        }
        if (number(id, CL.CL_DEVICE_COMPILER_AVAILABLE) == 0) {
            found.add("its driver has no compiler");
        }
        if (number(id, CL.CL_DEVICE_ENDIAN_LITTLE) == 0) {
            found.add("its bytes are in big-endian order");
        }
        if (version.startsWith("OpenCL 1.0") || version.startsWith("OpenCL 1.1")) {
            found.add("it knows " + version + " only, and 1.2 is needed");
        }
        return found;
    }

    /** Name, driver, units and memory in a line. */
    public String summary() {
        return name + ", " + units + " units at " + clock + " MHz, "
                + String.format(java.util.Locale.ROOT, "%.1f GiB", memory / (double) (1L << 30)) + ", " + version
                + ", driver " + driver;
    }

    private static long number(cl_device_id id, int what) {
        long[] value = new long[1]; // smaller numbers fill its lower bytes
        Status.check(CL.clGetDeviceInfo(id, what, Sizeof.cl_long, Pointer.to(value), null), "a device's property");
        return value[0];
    }

    private static String text(cl_device_id id, int what) {
        long[] size = new long[1];
        Status.check(CL.clGetDeviceInfo(id, what, 0, null, size), "a device's property");
        byte[] bytes = new byte[Math.toIntExact(size[0])];
        Status.check(CL.clGetDeviceInfo(id, what, bytes.length, Pointer.to(bytes), null), "a device's property");
        return string(bytes);
    }

    /** The driver's name. */
    static String platformName(cl_platform_id platform) {
        int what = CL.CL_PLATFORM_NAME;
        long[] size = new long[1];
        Status.check(CL.clGetPlatformInfo(platform, what, 0, null, size), "a driver's property");
        byte[] bytes = new byte[Math.toIntExact(size[0])];
        Status.check(
                CL.clGetPlatformInfo(platform, what, bytes.length, Pointer.to(bytes), null), "a driver's property");
        return string(bytes);
    }

    /** C's strings end with a zero byte. */
    static String string(byte[] bytes) {
        return new String(bytes, java.nio.charset.StandardCharsets.UTF_8)
                .replace("\0", "")
                .strip();
    }
}
