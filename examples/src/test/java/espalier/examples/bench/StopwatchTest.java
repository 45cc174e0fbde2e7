package espalier.examples.bench;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;

class StopwatchTest {
    /** However short the time, so many runs come before the first that is timed. */
    @Test
    void warmUpIsACountToo() {
        var runs = new AtomicInteger();
        new Stopwatch(Duration.ZERO, 30, Duration.ZERO).measure(() -> {
            runs.incrementAndGet();
            LockSupport.parkNanos(3_000_000); // longer than what is measured as one
        });
        assertTrue(runs.get() >= 30 + 9, () -> "runs: " + runs);
    }
}
