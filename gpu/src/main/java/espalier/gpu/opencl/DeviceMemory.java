package espalier.gpu.opencl;

import java.util.concurrent.atomic.AtomicBoolean;
import org.jocl.cl_mem;

/**
 * A piece of device memory that is lent by a {@link MemoryPool}. Whoever borrows it gives it back once: by
 * {@link #giveBack} or, if that is forgotten, through a cleaner that calls the same method.
 */
public final class DeviceMemory {
    private final MemoryPool pool;
    private final cl_mem handle;
    private final long bytes;
    private final AtomicBoolean returned = new AtomicBoolean();

    DeviceMemory(MemoryPool pool, cl_mem handle, long bytes) {
        this.pool = pool;
        this.handle = handle;
        this.bytes = bytes;
    }

    cl_mem handle() {
        return handle;
    }

    /** Bytes that there is room for, at least those asked for. */
    public long bytes() {
        return bytes;
    }

    /** Gives the memory back; work that is queued may still use it, since the queue runs in order. */
    public void giveBack() {
        if (returned.compareAndSet(false, true)) {
            pool.put(handle, bytes);
        }
    }
}
