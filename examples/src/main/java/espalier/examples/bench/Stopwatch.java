package espalier.examples.bench;

import java.time.Duration;
import java.util.Arrays;

/**
 * Times a run: warms up for a while, then takes samples for a while.
 *
 * <p>Warm-up is a time first: the compiler needs about half a second of running before the vector kernels are fast,
 * whether a run takes a microsecond or a second. It is a count, too, because of kernels that a run calls only a few
 * times: the compiler comes to them late, and until then they take a hundred times as long. A sample is a batch of runs
 * long enough (2 ms) for the clock, and on a device that queues its work, for the wait at its end (20 ms).
 *
 * @param warmUp how long to run untimed
 * @param warmUpRuns how often to run untimed at least, unless that would take more than {@link #LONGEST_WARM_UP}
 * @param window how long to take samples; at least {@link #LEAST_SAMPLES} are taken however long they are
 */
public record Stopwatch(Duration warmUp, int warmUpRuns, Duration window) {
    private static final Duration LONGEST_WARM_UP = Duration.ofSeconds(40);
    private static final long BATCH_NANOS = 2_000_000;
    private static final long QUEUED_NANOS = 20_000_000; // beside which a wait at the end is short
    private static final int LEAST_SAMPLES = 9;
    private static final int MOST_SAMPLES = 10_000;

    /** For figures to keep. */
    public static Stopwatch careful() {
        return new Stopwatch(Duration.ofMillis(1500), 120, Duration.ofMillis(2000));
    }

    /** For a look. */
    public static Stopwatch quick() {
        return new Stopwatch(Duration.ofMillis(450), 1, Duration.ofMillis(250));
    }

    /** For one of many, after whose like the compiler is done. */
    public static Stopwatch brief() {
        return new Stopwatch(Duration.ofMillis(150), 1, Duration.ofMillis(150));
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
        long runs = 0;
        do {
            long nanos = batch(run, batch);
            runs += batch;
            if (nanos < least) {
                batch *= 2;
            } else if (nanos > 2 * least && batch > 1) {
                batch /= 2;
            }
        } while (!isWarm(Duration.ofNanos(System.nanoTime() - start), runs));
        return batch;
    }

    private boolean isWarm(Duration passed, long runs) {
        return passed.compareTo(warmUp) >= 0 && (runs >= warmUpRuns || passed.compareTo(LONGEST_WARM_UP) >= 0);
    }

    private static long batch(Runs run, long runs) {
        long start = System.nanoTime();
        run.go(runs);
        return System.nanoTime() - start;
    }
}
