package espalier.examples.bench;

import espalier.tensor.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;

/** A number of threads, as a workload needs them: a device that computes with so many, or the bare threads. */
final class Threads implements AutoCloseable {
    private final int count;
    private final Device device;
    private final ExecutorService pool;

    Threads(int count) {
        this(count, Device.cpu(count));
    }

    /** Bare threads beside a device that has its own. */
    Threads(int count, Device device) {
        this.count = count;
        this.device = device;
        this.pool =
                Executors.newFixedThreadPool(count, Thread.ofPlatform().daemon().factory());
    }

    int count() {
        return count;
    }

    /** A CPU device that computes with this many threads, or the device that was asked for. */
    Device device() {
        return device;
    }

    /** Runs {@code body(0)} to {@code body(count − 1)}, each on a thread of its own, and waits for all. */
    void each(IntConsumer body) {
        if (count == 1) {
            body.accept(0);
            return;
        }
        List<Future<?>> running = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            int index = i;
            running.add(pool.submit(() -> body.accept(index)));
        }
        for (Future<?> task : running) {
            try {
                task.get();
            } catch (ExecutionException problem) {
                throw new IllegalStateException(problem.getCause());
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("interrupted");
            }
        }
    }

    @Override
    public void close() {
        pool.shutdownNow();
    }
}
