package espalier.gpu.opencl;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import org.jocl.CL;
import org.jocl.cl_context;
import org.jocl.cl_mem;

/**
 * Device memory by size classes, eight to each doubling, so that at most an eighth is wasted. What is given back is
 * kept for the next of its class; the queue runs in order, so it may be used again at once.
 *
 * <p>When the device has no room, the free memory goes back to it, the collector is asked to find tensors that nobody
 * holds, and the allocation is tried once more.
 */
final class MemoryPool {
    private static final long SMALLEST = 256;

    private final cl_context context;
    private final DeviceInfo device;
    private final long budget;
    private final Runnable drain;
    private final Map<Long, Deque<cl_mem>> free = new TreeMap<>();
    private long held;
    private long idle;
    private boolean closed;

    /**
     * An empty pool.
     *
     * @param budget bytes that may be held at most; what goes beyond is refused as the device would
     * @param drain waits until all queued work is done, so that released memory is really free
     */
    MemoryPool(cl_context context, DeviceInfo device, long budget, Runnable drain) {
        this.context = context;
        this.device = device;
        this.budget = budget;
        this.drain = drain;
    }

    /** Memory for {@code bytes}, 0 or more, with undefined contents. */
    DeviceMemory take(long bytes) {
        long size = sizeClass(bytes);
        synchronized (this) {
            Deque<cl_mem> ready = free.get(size);
            if (ready != null && !ready.isEmpty()) {
                idle -= size;
                return new DeviceMemory(this, ready.pop(), size);
            }
        }
        int[] status = new int[1];
        cl_mem made = create(size, status);
        if (Status.isOutOfMemory(status[0])) {
            makeRoom();
            made = create(size, status);
        }
        if (status[0] != CL.CL_SUCCESS) {
            throw new OpenClException("allocate: " + device.name() + " has no room for " + bytes + " bytes ("
                    + Status.name(status[0]) + "); " + figures());
        }
        synchronized (this) {
            held += size;
        }
        return new DeviceMemory(this, made, size);
    }

    private cl_mem create(long size, int[] status) {
        if (size > budget - held()) {
            status[0] = CL.CL_MEM_OBJECT_ALLOCATION_FAILURE;
            return new cl_mem();
        }
        return CL.clCreateBuffer(context, CL.CL_MEM_READ_WRITE, size, null, status);
    }

    /** What is held, what there is, and what to do, for the message that there is no room. */
    String figures() {
        return "tensors hold " + (held() - idle()) + " of its " + Math.min(budget, device.memory())
                + " bytes, and one buffer may have " + device.largestBuffer()
                + "; use a smaller batch, or close a TensorScope earlier";
    }

    /** Takes memory back. */
    synchronized void put(cl_mem handle, long bytes) {
        free.computeIfAbsent(bytes, size -> new ArrayDeque<>()).push(handle);
        idle += bytes;
        if (closed) {
            releaseIdle();
        }
    }

    /** Bytes taken from the device, in use or waiting to be used again. */
    synchronized long held() {
        return held;
    }

    /** Bytes waiting to be used again. */
    synchronized long idle() {
        return idle;
    }

    /** Gives free memory back to the device, and that of tensors which nobody holds any more. */
    void makeRoom() {
        long before = idle();
        System.gc(); // finds tensors that were left to the collector; their memory comes back through the cleaner
        try {
            for (int i = 0; i < 50 && idle() == before; i++) {
                Thread.sleep(10);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        drain.run();
        releaseIdle();
    }

    /** Gives all memory that waits back to the device. */
    synchronized void releaseIdle() {
        free.values().forEach(ready -> ready.forEach(CL::clReleaseMemObject));
        free.clear();
        held -= idle;
        idle = 0;
    }

    /** Gives all memory that waits back to the device, and from now on what comes back at once. */
    synchronized void close() {
        closed = true;
        releaseIdle();
    }

    /** The least size of a class that holds {@code bytes}: 256, or k·2ⁿ with k from 8 to 15. */
    static long sizeClass(long bytes) {
        if (bytes <= SMALLEST) {
            return SMALLEST;
        }
        long step = Long.highestOneBit(bytes - 1) >>> 3;
        return Math.ceilDiv(bytes, step) * step;
    }
}
