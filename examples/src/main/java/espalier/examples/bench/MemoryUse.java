package espalier.examples.bench;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalDouble;

/** What a run takes of memory, in MB (10⁶ bytes). */
final class MemoryUse {
    private static final double MEGA = 1e6;

    private MemoryUse() {}

    /** Bytes that all threads together allocate on the heap, a run, the mean of several. */
    static double allocated(Runnable run, int runs) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getTotalThreadAllocatedBytes();
        for (int i = 0; i < runs; i++) {
            run.run();
        }
        return (threads.getTotalThreadAllocatedBytes() - before) / MEGA / runs;
    }

    /** The most heap that was in use since the start. */
    static double peakHeap() {
        long sum = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getType() == MemoryType.HEAP) {
                sum += pool.getPeakUsage().getUsed();
            }
        }
        return sum / MEGA;
    }

    /** The most memory that the process has held, if the system tells it (Linux does). */
    static OptionalDouble peakResident() {
        try {
            for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
                if (line.startsWith("VmHWM:")) {
                    return OptionalDouble.of(Long.parseLong(line.replaceAll("\\D", "")) * 1024 / MEGA);
                }
            }
        } catch (IOException _) {
            return OptionalDouble.empty();
        }
        return OptionalDouble.empty();
    }
}
