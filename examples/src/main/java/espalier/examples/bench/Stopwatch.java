package espalier.examples.bench;

import java.time.Duration;
import java.util.Arrays;

/**
 * Times a run: warms up for a while, then takes samples for a while.
 *
 * <p>Warm-up is a time, not a count: the compiler needs about half a second of running before the vector kernels are
 * fast, whether a run takes a microsecond or a second. A sample is a batch of runs long enough (2 ms) for the clock,
 * and on a device that queues its work, for the wait at its end (20 ms).
 *
 * @param warmUp how long to run untimed
 * @param window how long to take samples; at least {@link #LEAST_SAMPLES} are taken however long they are
 */
public record Stopwatch(Duration warmUp, Duration window) {
    private static final long BATCH_NANOS = 2_000_000;
    private static final long QUEUED_NANOS = 20_000_000; // beside which a wait at the end is short
    private static final int LEAST_SAMPLES = 5;
    private static final int MOST_SAMPLES = 10_000;

    /** For figures to keep. */
    public static Stopwatch careful() {
        return new Stopwatch(Duration.ofMillis(1500), Duration.ofMillis(2000));
    }

    /** For a look. */
    public static Stopwatch quick() {
        return new Stopwatch(Duration.ofMillis(450), Duration.ofMillis(250));
    }

    /** For one of many, after whose like the compiler is done. */
    public static Stopwatch brief() {
        return new Stopwatch(Duration.ofMillis(150), Duration.ofMillis(150));
    }

    /** Seconds a run takes. */
    public Measurement measure(Runnable run) {
        return measure((Runs) runs -> repeat(run, runs), BATCH_NANOS);
    }

    /**
     * Seconds a run takes that is only queued: {@code end} waits for it. It is called once a sample, as in a program
     * that goes on queueing, and samples are longer.
     */
    public Measurement measure(Runnable run, Runnable end) {
        return measure(
                runs -> {
                    repeat(run, runs);
                    end.run();
                },
                QUEUED_NANOS);
    }

    /** So many runs, one after the other. */
    @FunctionalInterface
    private interface Runs {
        void go(long runs);
    }

    private static void repeat(Runnable run, long runs) {
        for (long i = 0; i < runs; i++) {
            run.run();
        }
    }

    private Measurement measure(Runs run, long least) {
        long batch = warmUp(run, least);
        double[] samples = new double[MOST_SAMPLES];
        int count = 0;
        long start = System.nanoTime();
        while (count < MOST_SAMPLES && (count < LEAST_SAMPLES || System.nanoTime() - start < window.toNanos())) {
            samples[count] = batch(run, batch) / (batch * 1e9);
            count++;
        }
        double[] taken = Arrays.copyOf(samples, count);
        Arrays.sort(taken);
        return new Measurement(taken);
    }

    /** Runs untimed and returns how many runs make a batch. */
    private long warmUp(Runs run, long least) {
        long start = System.nanoTime();
        long batch = 1;
        do {
            long nanos = batch(run, batch);
            if (nanos < least) {
                batch *= 2;
            } else if (nanos > 2 * least && batch > 1) {
                batch /= 2;
            }
        } while (System.nanoTime() - start < warmUp.toNanos());
        return batch;
    }

    private static long batch(Runs run, long runs) {
        long start = System.nanoTime();
        run.go(runs);
        return System.nanoTime() - start;
    }
}
