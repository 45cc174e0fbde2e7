package espalier.tensor.cpu.vector.lanes;

import espalier.tensor.cpu.Parallel;
import java.util.function.IntConsumer;

/**
 * Cuts work into tasks by its size alone, so that results do not depend on the number of threads, and keeps small work
 * in the calling thread.
 */
public final class Tasks {
    /** Elements of a task of an elementwise operation or reduction: 128 KiB of floats. */
    public static final int CHUNK = 32768;

    /** Below this estimate, waking another thread costs more than it saves. */
    private static final double SERIAL_NANOS = 25_000;

    private Tasks() {}

    /** The elements from {@code from} (included) to {@code to} (not). */
    public interface Range {
        void run(int from, int to);
    }

    /** Covers {@code [0, n)} with ranges of {@code chunk}, each handled once. */
    public static void ranges(Parallel parallel, int n, int chunk, double nanosPerElement, Range body) {
        int count = Math.ceilDiv(n, chunk);
        each(parallel, count, n * nanosPerElement, task -> {
            int from = task * chunk;
            body.run(from, from + Math.min(chunk, n - from));
        });
    }

    /** Runs the tasks {@code [0, count)}, which take about {@code nanos} in all. */
    public static void each(Parallel parallel, int count, double nanos, IntConsumer body) {
        if (count < 2 || nanos < SERIAL_NANOS) {
            parallel.inTurn(count, body);
            return;
        }
        parallel.forEach(count, body);
    }

    /** Rows of {@code length} elements that make up about one chunk, at least 1. */
    public static int rowsPerTask(int length) {
        return Math.max(1, CHUNK / Math.max(1, length));
    }
}
