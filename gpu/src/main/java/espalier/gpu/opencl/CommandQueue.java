package espalier.gpu.opencl;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Optional;
import java.util.function.IntSupplier;
import org.jocl.CL;
import org.jocl.Pointer;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.jocl.cl_context_properties;
import org.jocl.cl_device_id;

/**
 * The one in-order queue of a device, and the owner of its handles.
 *
 * <p>Launches return at once; only transfers to the host wait. What goes wrong in queued work therefore shows at the
 * next wait, and the message then lists the operations queued since the last one. With the system property
 * {@code espalier.gpu.finish=true} each operation is waited for, which names the one that failed.
 */
public final class CommandQueue implements AutoCloseable {
    private static final int LAUNCHES_BETWEEN_FLUSHES = 32; // drivers may sit on work that is not flushed
    private static final int LAUNCHES_BETWEEN_WAITS = 2048; // a program that never reads would queue without end

    private final DeviceInfo device;
    private final cl_context context;
    private final cl_command_queue queue;
    private final MemoryPool pool;
    private final Programs programs;
    private final PendingWork pending = new PendingWork();
    private final Staging staging = new Staging();
    private Runnable deferred = () -> {};
    private Optional<Runnable> question = Optional.empty();
    private boolean settling;
    private int waits;
    private volatile boolean closed;
    private final boolean finishEach = Boolean.getBoolean("espalier.gpu.finish");

    /** A queue for a device, which may use all of its memory. */
    public CommandQueue(DeviceInfo device) {
        this(device, Long.MAX_VALUE);
    }

    /** A queue that takes at most {@code budget} bytes of the device. */
    @SuppressWarnings("deprecation") // the call that replaces it came after OpenCL 1.2
    public CommandQueue(DeviceInfo device, long budget) {
        this.device = device;
        int[] status = new int[1];
        cl_context_properties properties = new cl_context_properties();
        properties.addProperty(CL.CL_CONTEXT_PLATFORM, device.platform());
        this.context = CL.clCreateContext(properties, 1, new cl_device_id[] {device.id()}, null, null, status);
        Status.check(status[0], "a context for " + device.name());
        this.queue = CL.clCreateCommandQueue(context, device.id(), 0, status);
        if (status[0] != CL.CL_SUCCESS) {
            CL.clReleaseContext(context);
        }
        Status.check(status[0], "a queue for " + device.name());
        this.programs = new Programs(context, device);
        this.pool = new MemoryPool(context, device, budget, () -> finish("allocate"));
    }

    /** What runs the work. */
    public DeviceInfo device() {
        return device;
    }

    /**
     * Has something done, under the lock of this queue, before anything else is queued or waited for: work that was put
     * off queues itself then.
     */
    public synchronized void before(Runnable deferred) {
        this.deferred = deferred;
    }

    /** Whether each operation is waited for, so that none may be put off. */
    public boolean finishesEach() {
        return finishEach;
    }

    /** Queues what was put off. */
    public synchronized void settle() {
        if (settling) {
            return; // what was put off is being queued
        }
        settling = true;
        try {
            deferred.run();
        } finally {
            settling = false;
        }
    }

    /** What every kernel is compiled with. */
    public String buildOptions() {
        return programs.options();
    }

    /** Memory for {@code bytes} with undefined contents. */
    public DeviceMemory allocate(long bytes) {
        requireOpen("allocate");
        return pool.take(bytes);
    }

    /** Bytes taken from the device: those in use, and those kept to be used again. */
    public long allocatedBytes() {
        return pool.held();
    }

    /** Bytes kept to be used again. */
    public long idleBytes() {
        return pool.idle();
    }

    /** Gives memory that nobody uses back to the device. */
    public void trim() {
        finish("trim");
        pool.releaseIdle();
    }

    /**
     * Queues a kernel.
     *
     * @param operation what the caller computes, for messages
     * @param arguments in the order of the kernel's parameters: {@link DeviceMemory}, {@link Integer}, {@link Long},
     *     {@link Float}, {@link Double}, {@code int[]} for a vector of integers, {@link LocalMemory}
     */
    public synchronized void launch(String operation, KernelName name, Geometry geometry, Object... arguments) {
        if (geometry.isEmpty()) {
            return;
        }
        requireOpen(operation);
        settle();
        BoundKernel kernel = programs.kernel(name);
        for (int i = 0; i < arguments.length; i++) {
            int code = kernel.bind(i, arguments[i]);
            if (code != CL.CL_SUCCESS) {
                throw new OpenClException(
                        operation + ": argument " + i + " of kernel " + name + ": " + Status.name(code));
            }
        }
        boolean compiles = device.isCpu() && programs.isFirstLaunch(name, geometry.local());
        int code = withRoom(() -> compiles // drivers for CPUs compile once more for groups of a new size
                ? DeepStack.call(() -> enqueue(kernel, geometry))
                : enqueue(kernel, geometry));
        Reference.reachabilityFence(arguments); // a cleaner must not return their memory before this
        if (code != CL.CL_SUCCESS) {
            throw new OpenClException(operation + ": kernel " + name + ": " + Status.name(code)
                    + (Status.isOutOfMemory(code) ? "; " + pool.figures() : ""));
        }
        pending.add(operation);
        if (finishEach || pending.count() >= LAUNCHES_BETWEEN_WAITS) {
            finish(operation);
        } else if (pending.count() % LAUNCHES_BETWEEN_FLUSHES == 0) {
            Status.check(CL.clFlush(queue), operation + ": flush");
        }
    }

    private int enqueue(BoundKernel kernel, Geometry geometry) {
        for (Geometry part : geometry.parts()) {
            int code = CL.clEnqueueNDRangeKernel(
                    queue,
                    kernel.handle(),
                    part.global().length,
                    part.start(),
                    part.global(),
                    part.local(),
                    0,
                    null,
                    null);
            if (code != CL.CL_SUCCESS) {
                return code;
            }
        }
        return CL.CL_SUCCESS;
    }

    /**
     * The status of a call that may find no room: drivers may look for the memory of a buffer only when it is first
     * used. Then what is free goes back to the device, and the call is made once more.
     */
    int withRoom(IntSupplier call) {
        int code = call.getAsInt();
        if (Status.isOutOfMemory(code)) {
            pool.makeRoom();
            code = call.getAsInt();
        }
        return code;
    }

    /** Copies bytes of the host into device memory from byte {@code start}; the host may change them at once. */
    public synchronized void write(MemorySegment from, DeviceMemory to, long start) {
        checkRange("upload", start, from.byteSize(), to);
        if (from.byteSize() == 0) {
            return;
        }
        requireOpen("upload");
        settle();
        if (from.byteSize() <= Staging.LARGEST) {
            if (!staging.hasRoom(from.byteSize())) {
                finish("upload");
            }
            // For what is not waited for here JOCL waits in a thread of its own, at the same time as others use the
            // queue.
            send(staging.stage(from), finishEach, to, start, from.byteSize());
            return;
        }
        for (HostBytes chunk : HostBytes.toRead(from)) {
            send(chunk.pointer(), true, to, start + chunk.offset(), chunk.length());
        }
    }

    /** New memory that holds these bytes. */
    public DeviceMemory send(MemorySegment from) {
        DeviceMemory memory = allocate(from.byteSize());
        write(from, memory, 0);
        return memory;
    }

    private void send(Pointer from, boolean wait, DeviceMemory to, long start, long length) {
        boolean[] again = {wait}; // after a wait for room the strip's place is free, and may be taken: so no delay then
        int code = withRoom(() -> {
            int status = CL.clEnqueueWriteBuffer(queue, to.handle(), again[0], start, length, from, 0, null, null);
            again[0] = true;
            return status;
        });
        Reference.reachabilityFence(to);
        if (code != CL.CL_SUCCESS) {
            throw new OpenClException(
                    "upload: " + Status.name(code) + (Status.isOutOfMemory(code) ? "; " + pool.figures() : ""));
        }
        pending.add("upload");
    }

    /**
     * Copies device memory from byte {@code start} to bytes of the host; waits until all queued work is done.
     *
     * @throws OpenClException if some of it failed, naming the operations it may have been
     */
    public synchronized void read(DeviceMemory from, long start, MemorySegment to) {
        checkRange("download", start, to.byteSize(), from);
        requireOpen("download");
        settle();
        for (HostBytes chunk : HostBytes.toWrite(to)) {
            int code = CL.clEnqueueReadBuffer(
                    queue, from.handle(), true, start + chunk.offset(), chunk.length(), chunk.pointer(), 0, null, null);
            Reference.reachabilityFence(from);
            waited(code, "download");
            chunk.deliver();
        }
    }

    /** JOCL checks no lengths: a transfer beyond an array ruins the heap. */
    private static void checkRange(String what, long start, long length, DeviceMemory memory) {
        if (start < 0 || start + length > memory.bytes()) {
            throw new IllegalArgumentException(what + ": bytes " + start + " to " + (start + length)
                    + " are not inside memory of " + memory.bytes());
        }
    }

    /**
     * Waits until all queued work is done.
     *
     * @throws OpenClException if some of it failed, naming the operations it may have been
     */
    public synchronized void finish(String operation) {
        requireOpen(operation);
        settle();
        waited(CL.clFinish(queue), operation);
    }

    /**
     * Has something asked after the next wait: whether what kernels found while they ran was right. It may throw, and
     * the wait then does. It may read.
     */
    public synchronized void askAtNextWait(Runnable question) {
        this.question = Optional.of(question);
    }

    /** How often the host has waited for this device. */
    public synchronized int waits() {
        return waits;
    }

    private void requireOpen(String operation) {
        if (closed) {
            throw new IllegalStateException(operation + ": the queue of " + device.name() + " is closed");
        }
    }

    /** Operations queued since the last wait. */
    synchronized int pending() {
        settle();
        return pending.count();
    }

    /** Names of the operations queued since the last wait, the latest few. */
    synchronized String pendingNames() {
        settle();
        return pending.toString();
    }

    /** Programs that were found on disk. */
    synchronized int programsFromDisk() {
        return programs.fromDisk();
    }

    /** After a wait: what had been queued is done, or one of it has failed. */
    void waited(int code, String operation) {
        String queued = code == CL.CL_SUCCESS ? "" : pending.toString();
        pending.clear();
        staging.restart();
        waits++;
        if (code != CL.CL_SUCCESS) {
            throw new OpenClException(
                    operation + ": " + Status.name(code) + ", from it or from the work queued before it (" + queued
                            + "); with -Despalier.gpu.finish=true the operation that fails is named");
        }
        Optional<Runnable> asked = question;
        question = Optional.empty();
        asked.ifPresent(Runnable::run);
    }

    /** Releases all handles, once; memory still lent is released when it is given back. */
    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        try {
            finish("close");
        } finally {
            closed = true;
            programs.close();
            pool.close();
            CL.clReleaseCommandQueue(queue);
            CL.clReleaseContext(context);
        }
    }
}
