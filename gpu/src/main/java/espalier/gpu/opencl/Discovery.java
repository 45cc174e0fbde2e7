package espalier.gpu.opencl;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jocl.CL;
import org.jocl.cl_device_id;
import org.jocl.cl_platform_id;

/**
 * The OpenCL devices of this machine. Nothing is thrown: what cannot be used is a sentence.
 *
 * @param devices those that can be used, GPUs first, otherwise in the drivers' order
 * @param problems why others, or all, cannot be used
 */
public record Discovery(List<DeviceInfo> devices, List<String> problems) {
    private static final int NO_DRIVER = -1001; // of the loader, for no installed driver

    /** Looks for devices. */
    public static Discovery now() {
        List<DeviceInfo> devices = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        // JOCL unpacks its library to a fixed name unless told otherwise, and two processes then overwrite each
        // other's.
        if (System.getProperty("uniqueLibraryNames") == null) {
            System.setProperty("uniqueLibraryNames", "true");
        }
        try {
            for (cl_platform_id platform : platforms(problems)) {
                search(platform, devices, problems);
            }
        } catch (LinkageError missing) {
            problems.add("no OpenCL library could be loaded (" + missing.getMessage()
                    + "); install a driver, on Debian for the processor: apt-get install pocl-opencl-icd; and start java"
                    + " with --enable-native-access=jocl,espalier.gpu (ALL-UNNAMED on the class path)");
        } catch (OpenClException refused) {
            problems.add(String.valueOf(refused.getMessage()));
        }
        devices.sort(Comparator.comparing(DeviceInfo::isCpu));
        return new Discovery(List.copyOf(devices), List.copyOf(problems));
    }

    private static cl_platform_id[] platforms(List<String> problems) {
        int[] count = new int[1];
        int status = CL.clGetPlatformIDs(0, null, count);
        if (status == NO_DRIVER || (status == CL.CL_SUCCESS && count[0] == 0)) {
            problems.add("no driver is installed; on Debian for the processor: apt-get install pocl-opencl-icd");
            return new cl_platform_id[0];
        }
        Status.check(status, "listing the drivers");
        cl_platform_id[] platforms = new cl_platform_id[count[0]];
        Status.check(CL.clGetPlatformIDs(platforms.length, platforms, null), "listing the drivers");
        return platforms;
    }

    private static void search(cl_platform_id platform, List<DeviceInfo> devices, List<String> problems) {
        int[] count = new int[1];
        int status = CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, 0, null, count);
        if (status == CL.CL_DEVICE_NOT_FOUND || (status == CL.CL_SUCCESS && count[0] == 0)) {
            problems.add("the driver " + DeviceInfo.platformName(platform) + " is installed, but it finds no device");
            return;
        }
        try {
            Status.check(status, "listing the devices of " + DeviceInfo.platformName(platform));
            cl_device_id[] ids = new cl_device_id[count[0]];
            Status.check(
                    CL.clGetDeviceIDs(platform, CL.CL_DEVICE_TYPE_ALL, ids.length, ids, null),
                    "listing the devices of " + DeviceInfo.platformName(platform));
            for (cl_device_id id : ids) {
                judge(platform, id, devices, problems);
            }
        } catch (OpenClException refused) {
            problems.add(String.valueOf(refused.getMessage()));
        }
    }

    /** One that does not answer is a problem of its own, and hides no other. */
    private static void judge(
            cl_platform_id platform, cl_device_id id, List<DeviceInfo> devices, List<String> problems) {
        try {
            DeviceInfo info = DeviceInfo.of(platform, id);
            List<String> obstacles = info.obstacles();
            if (obstacles.isEmpty()) {
                devices.add(info);
            } else {
                problems.add(info.name() + ": " + String.join(", and ", obstacles));
            }
        } catch (OpenClException refused) {
            problems.add("a device of " + DeviceInfo.platformName(platform) + ": " + refused.getMessage());
        }
    }
}
