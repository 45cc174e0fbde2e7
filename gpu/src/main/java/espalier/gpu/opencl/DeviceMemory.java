package espalier.gpu.opencl;

import java.lang.ref.Cleaner;
import org.jocl.cl_mem;

/**
 * A piece of device memory that is lent by a {@link MemoryPool}. Whoever borrows it gives it back with
 * {@link #giveBack}; if that is forgotten, it comes back some time after nobody holds this object any more. A launch
 * holds it until its work is queued, so memory is never lent again while a kernel is about to be given it.
 */
public final class DeviceMemory {
    private static final Cleaner CLEANER = Cleaner.create();

    private final cl_mem handle;
    private final long bytes;
    private final Cleaner.Cleanable loan;
    private volatile boolean givenBack;

    DeviceMemory(MemoryPool pool, cl_mem handle, long bytes) {
        this.handle = handle;
        this.bytes = bytes;
        this.loan = CLEANER.register(this, () -> pool.put(handle, bytes)); // holds the parameters, not this object
    }

    cl_mem handle() {
        return handle;
    }

    /** Bytes that there is room for, at least those asked for. */
    public long bytes() {
        return bytes;
    }

    /** Whether it was given back, so that nobody will read it any more. */
    public boolean isGivenBack() {
        return givenBack;
    }

    /** Whether this is the same memory, lent at one time or another. */
    public boolean isSame(DeviceMemory other) {
        return handle.equals(other.handle);
    }

    /** Gives the memory back, once; work that is queued may still use it, since the queue runs in order. */
    public void giveBack() {
        givenBack = true;
        loan.clean();
    }
}
