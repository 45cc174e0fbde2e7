package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceInfo;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.spi.Peak;

/** Measures what the device itself can do: multiply-adds in registers, and a copy of arrays beyond its caches. */
final class PeakProbe {
    private static final int CHAINS = 10;
    private static final int RUNS = 20;

    private PeakProbe() {}

    static Peak measure(CommandQueue queue, Flavour flavour) {
        return new Peak(flops(queue, flavour), bytes(queue, flavour));
    }

    private static double flops(CommandQueue queue, Flavour flavour) {
        DeviceInfo device = queue.device();
        boolean gpu = flavour == Flavour.GPU;
        int lanes = gpu ? 1 : device.floatLanes() >= 8 ? 8 : 4;
        int group = gpu ? 256 : 1;
        int groups = device.units() * (gpu ? 32 : 4);
        int steps = gpu ? 1 << 12 : 1 << 18;
        DeviceMemory out = queue.allocate(4L * group * groups);
        double seconds = fastest(
                queue,
                RUNS,
                () -> queue.launch(
                        "peak",
                        new KernelName("peak.cl", "-DLANES=" + lanes, "multiply_adds"),
                        Geometry.groups(groups, group),
                        steps,
                        0.5f,
                        1f,
                        out));
        out.giveBack();
        return 2.0 * CHAINS * lanes * steps * group * groups / seconds;
    }

    private static double bytes(CommandQueue queue, Flavour flavour) {
        long size = Math.min(
                flavour == Flavour.GPU ? 1L << 29 : 1L << 26, queue.device().largestBuffer() / 4);
        DeviceMemory from = queue.allocate(size);
        DeviceMemory to = queue.allocate(size);
        int group = 64;
        double seconds = fastest(
                queue,
                RUNS,
                () -> queue.launch(
                        "peak",
                        new KernelName("peak.cl", "-DLANES=1", "copy"),
                        Geometry.groups(size / 16 / group, group),
                        from,
                        to));
        from.giveBack();
        to.giveBack();
        return 2.0 * (size / 16 / group * group * 16) / seconds;
    }

    /** Seconds of the fastest of some runs, the first of which compiles and does not count. */
    static double fastest(CommandQueue queue, int runs, Runnable launch) {
        launch.run();
        queue.finish("peak");
        long best = Long.MAX_VALUE;
        for (int run = 0; run < runs; run++) {
            long start = System.nanoTime();
            launch.run();
            queue.finish("peak");
            best = Math.min(best, System.nanoTime() - start);
        }
        return best * 1e-9;
    }
}
