package espalier.tensor.cpu;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A fixed pool of daemon threads that runs one loop at a time: {@code forEach(tasks, body)} calls {@code body} with
 * every number in {@code [0, tasks)} exactly once, in any order, and returns when all calls have returned.
 *
 * <pre>{@code
 * try (var parallel = new Parallel(4)) {
 *     parallel.forEach(rows, row -> scale(matrix, row, 0.5f));
 * }
 * }</pre>
 *
 * <p><b>The model.</b> A loop is a {@link Region}: a counter of tasks not yet taken and a counter of tasks not yet
 * done. The caller offers it to the workers and then takes tasks itself like any worker. It waits only for tasks that
 * somebody has begun, never for a worker to show up, so a worker whose core is held by another process costs at most
 * the one task it was in the middle of. Tasks of 20 to 100 microseconds suit; a loop that takes less than about 20
 * microseconds in all is faster without the pool.
 *
 * <p><b>When others use the cores.</b> A worker that is put aside in the middle of a task holds the caller up for as
 * long as other processes please, which is many times what a small loop takes. So a caller that has waited longer than
 * the workers can have saved it stays alone for a while, {@value #PATIENCE} times as long as it waited: what is lost
 * that way stays a small part of the whole, and where cores are free again the workers are back after a moment.
 *
 * <p><b>Same bits on every machine.</b> Which thread runs a task is left to chance. A kernel whose results must not
 * depend on the number of threads cuts its work by shape alone, and lets no two tasks write the same element.
 *
 * <p>A call that finds the pool busy, because it comes from inside a task or from another thread, runs its tasks in the
 * calling thread. Workers with nothing to do spin for 50 microseconds, then sleep: a small network has serial parts of
 * 20, and to wake workers after each of them took LeNet-5 two fifths of its time for one image.
 */
public final class Parallel implements AutoCloseable {
    private static final long SPIN_NANOS = 50_000;

    /** Shorter waits are what tasks of unequal length and waking up take. */
    private static final long USUAL_WAIT_NANOS = 200_000;

    /** How many times a wait in vain the caller stays alone. */
    private static final int PATIENCE = 16;

    /** The longest that it stays alone; one pause of the collector should not cost more. */
    private static final long LONGEST_ALONE_NANOS = 200_000_000;

    private final Worker[] workers;
    private final Region region = new Region();
    private final AtomicBoolean busy = new AtomicBoolean();
    private volatile boolean closed;
    /** Until this time of {@link System#nanoTime} callers do without the workers. */
    private volatile long aloneUntil = System.nanoTime();

    /** The call that the thread records. Of others a thread knows nothing, so that it cannot get into theirs. */
    private final ThreadLocal<Optional<Recording>> recording = ThreadLocal.withInitial(Optional::empty);

    /**
     * Starts {@code threads - 1} daemon threads; the caller of {@link #forEach} is the last one.
     *
     * @throws IllegalArgumentException if {@code threads < 1}
     */
    public Parallel(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("Parallel: threads must be at least 1, got " + threads);
        }
        workers = new Worker[threads - 1];
        for (int i = 0; i < workers.length; i++) {
            workers[i] = new Worker("espalier-worker-" + (i + 1));
        }
        for (Worker worker : workers) {
            worker.start();
        }
    }

    /** The number of threads that may run tasks at once, the caller included. */
    public int threads() {
        return workers.length + 1;
    }

    /**
     * Runs {@code body} with 0, 1, ..., {@code tasks - 1}, each once, and returns when all are done. What the tasks
     * wrote is then visible to the caller.
     *
     * <p>If a task throws, tasks not yet begun are skipped, those in progress are waited for, and the first exception
     * caught is thrown here.
     *
     * @throws IllegalArgumentException if {@code tasks < 0}
     * @throws IllegalStateException if the pool is closed
     */
    public void forEach(int tasks, IntConsumer body) {
        if (tasks < 0) {
            throw new IllegalArgumentException("Parallel.forEach: tasks must not be negative, got " + tasks);
        }
        if (closed) {
            throw new IllegalStateException("Parallel.forEach: the pool is closed; open a new one");
        }
        Optional<Recording> listener = listener();
        if (listener.isPresent()) {
            listener.get().add(tasks, body, true);
            return;
        }
        if (tasks < 2 || workers.length == 0) {
            runInline(tasks, body);
            return;
        }
        long start = System.nanoTime();
        if (start - aloneUntil < 0 || !busy.compareAndSet(false, true)) {
            runInline(tasks, body);
            return;
        }
        region.begin(tasks, body);
        wakeFor(tasks);
        region.takeFirst();
        long finished = System.nanoTime();
        region.awaitDone();
        noteWait(finished - start, System.nanoTime() - finished);
        @Nullable Throwable thrown = region.end();
        busy.set(false);
        rethrow(thrown);
    }

    /** Runs {@code body} with 0, 1, ..., {@code tasks - 1} in the calling thread: a loop too short to be shared. */
    public void inTurn(int tasks, IntConsumer body) {
        Optional<Recording> listener = listener();
        if (listener.isPresent()) {
            listener.get().add(tasks, body, false);
        } else {
            runInline(tasks, body);
        }
    }

    /** Runs something that is no loop, in the calling thread: what comes before, between and after loops. */
    public void once(Runnable body) {
        if (listener().isPresent()) {
            inTurn(1, _ -> body.run());
        } else {
            body.run();
        }
    }

    /**
     * Runs a call and keeps its loops. The call must obey the rule of {@link Recording}; its loops are run in the
     * calling thread this time.
     */
    Recording record(Runnable call) {
        Recording made = new Recording(this);
        Optional<Recording> outer = recording.get();
        recording.set(Optional.of(made));
        Scratch usual = Scratch.exchange(made.memory());
        try {
            call.run();
        } finally {
            Scratch.exchange(usual);
            recording.set(outer);
        }
        return made;
    }

    /** The recording that wants to know what the calling thread does. */
    Optional<Recording> listener() {
        return recording.get().filter(Recording::listens);
    }

    /** Lets the workers end after the task they are in. Further calls of {@link #forEach} are refused. */
    @Override
    public void close() {
        closed = true;
        for (Worker worker : workers) {
            LockSupport.unpark(worker);
        }
    }

    /**
     * Stays alone for a while if the caller waited in vain: with {@code t} threads the work of all is about {@code t}
     * times its own, so having waited for {@code t - 1} times that, it could have done everything itself.
     */
    private void noteWait(long worked, long waited) {
        if (waited > USUAL_WAIT_NANOS && waited > worked * workers.length) {
            aloneUntil = System.nanoTime() + Math.min(PATIENCE * waited, LONGEST_ALONE_NANOS);
        }
    }

    private static void rethrow(@Nullable Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        if (thrown instanceof RuntimeException exception) {
            throw exception;
        }
        if (thrown != null) {
            throw new IllegalStateException("Parallel.forEach: a task failed", thrown);
        }
    }

    private static void runInline(int tasks, IntConsumer body) {
        for (int task = 0; task < tasks; task++) {
            body.accept(task);
        }
    }

    private void wakeFor(int tasks) {
        int wanted = Math.min(tasks - 1, workers.length);
        for (int i = 0; i < wanted; i++) {
            if (workers[i].asleep) {
                LockSupport.unpark(workers[i]);
            }
        }
    }

    /** Waits a moment for something to do, then sleeps until {@link #wakeFor} or {@link #close}. */
    private final class Worker extends Thread {
        private volatile boolean asleep;

        Worker(String name) {
            super(name);
            setDaemon(true);
        }

        @Override
        public void run() {
            long idleSince = System.nanoTime();
            while (!closed) {
                if (helped()) {
                    idleSince = System.nanoTime();
                } else if (System.nanoTime() - idleSince < SPIN_NANOS) {
                    Thread.onSpinWait();
                } else {
                    sleep();
                    idleSince = System.nanoTime();
                }
            }
        }

        /** A method of its own, so that a sleeping worker's stack holds no body and no tensor. */
        private boolean helped() {
            return region.takeLast();
        }

        private void sleep() {
            asleep = true; // before the last look: a caller that offers after it sees the flag and unparks
            if (!region.hasTasks() && !closed) {
                LockSupport.park(Parallel.this);
            }
            asleep = false;
        }
    }

    /**
     * The loop that is being run: how many of its tasks are not yet taken, how many not yet done, and the first
     * failure. The same object serves all loops, so that a loop allocates nothing.
     *
     * <p>The caller takes the first of the tasks that are left, workers the last. In loops over the same images or
     * weights most tasks then fall to the core that had them the time before, and has in its cache what they need; from
     * the cache of another core it would come slowly.
     *
     * <p>Who takes a task changes {@code left} in one step. From then on the loop cannot end before that task is done,
     * so {@code body} is that of the loop to which the task belongs, even if the taker had looked at {@code left} while
     * another loop was run.
     */
    private static final class Region {
        private static final IntConsumer NOTHING = _ -> {};

        private IntConsumer body = NOTHING;
        private volatile Thread caller = Thread.currentThread();

        /** The tasks that nobody has taken: the first of them in the upper half, the end in the lower. */
        private final AtomicLong left = new AtomicLong();

        private final AtomicInteger remaining = new AtomicInteger();
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private volatile boolean callerAsleep;

        /** Offers a loop of the calling thread; the last write lets the others in. */
        void begin(int count, IntConsumer work) {
            body = work;
            caller = Thread.currentThread();
            callerAsleep = false;
            remaining.set(count);
            left.set(count);
        }

        /** Forgets the loop, all of whose tasks are done; the first failure, if there was one. */
        @Nullable
        Throwable end() {
            body = NOTHING;
            return failure.getAndSet(null);
        }

        boolean hasTasks() {
            long open = left.get();
            return first(open) < end(open);
        }

        private static int first(long open) {
            return (int) (open >> 32);
        }

        private static int end(long open) {
            return (int) open;
        }

        /** Takes and runs tasks, the first one each time, until none is left. */
        void takeFirst() {
            for (long open = left.get(); first(open) < end(open); open = left.get()) {
                if (left.compareAndSet(open, open + (1L << 32))) {
                    run(first(open));
                }
            }
        }

        /** The same with the last one; says whether it got one. */
        boolean takeLast() {
            boolean took = false;
            for (long open = left.get(); first(open) < end(open); open = left.get()) {
                if (left.compareAndSet(open, open - 1)) {
                    took = true;
                    run(end(open) - 1);
                }
            }
            return took;
        }

        private void run(int task) {
            if (failure.get() == null) {
                attempt(task);
            }
            if (remaining.decrementAndGet() == 0 && callerAsleep) {
                LockSupport.unpark(caller);
            }
        }

        @SuppressWarnings("CatchingUnchecked") // whatever a task throws belongs to the caller
        private void attempt(int task) {
            try {
                body.accept(task);
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
            }
        }

        void awaitDone() {
            long since = System.nanoTime();
            while (remaining.get() > 0) {
                if (System.nanoTime() - since < SPIN_NANOS) {
                    Thread.onSpinWait();
                } else {
                    callerAsleep = true; // before the last look, as in Worker.sleep
                    if (remaining.get() > 0) {
                        LockSupport.park(this);
                    }
                }
            }
        }
    }
}
