package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ParallelTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyTaskRunsExactlyOnce(int threads) {
        try (var parallel = new Parallel(threads)) {
            for (int tasks : new int[] {0, 1, 2, 7, 64, 1001}) {
                var runs = new AtomicIntegerArray(tasks);
                parallel.forEach(tasks, runs::incrementAndGet);
                for (int i = 0; i < tasks; i++) {
                    assertEquals(1, runs.get(i), "task " + i + " of " + tasks);
                }
            }
        }
    }

    @Test
    void oneThreadMeansTheCallerAlone() {
        var threads = ConcurrentHashMap.<Thread>newKeySet();
        try (var parallel = new Parallel(1)) {
            parallel.forEach(100, _ -> threads.add(Thread.currentThread()));
            assertEquals(1, parallel.threads());
        }
        assertEquals(1, threads.size());
        assertTrue(threads.contains(Thread.currentThread()));
    }

    @Test
    void workersTakePart() {
        try (var parallel = new Parallel(2)) {
            var bothInside = new CountDownLatch(2);
            parallel.forEach(
                    2,
                    _ -> { // each task waits for the other, so two threads are needed to finish
                        bothInside.countDown();
                        awaitQuietly(bothInside);
                    });
            assertEquals(0, bothInside.getCount());
        }
    }

    @Test
    void theCallerTakesTheFirstTasksAndWorkersTheLast() {
        for (int i = 0; i < 20; i++) {
            try (var parallel = new Parallel(2)) { // a new one: a caller that once waited long stays alone
                var takers = new AtomicReferenceArray<Thread>(2);
                var bothInside = new CountDownLatch(2);
                parallel.forEach(2, task -> {
                    takers.set(task, Thread.currentThread());
                    bothInside.countDown();
                    awaitQuietly(bothInside);
                });
                assertSame(Thread.currentThread(), takers.get(0));
                assertNotSame(Thread.currentThread(), takers.get(1));
            }
        }
    }

    @Test
    void plainWritesOfTasksAreVisibleToTheCaller() {
        int[] written = new int[256];
        try (var parallel = new Parallel(3)) {
            for (int round = 1; round <= 20_000; round++) {
                int value = round;
                parallel.forEach(4, task -> written[task * 64] = value);
                for (int task = 0; task < 4; task++) {
                    assertEquals(round, written[task * 64]);
                }
            }
        }
    }

    @Test
    void sleepingWorkersWakeAgain() throws InterruptedException {
        try (var parallel = new Parallel(2)) {
            for (int round = 0; round < 20; round++) {
                Thread.sleep(2); // far beyond the spin
                workersMeet(parallel);
            }
        }
    }

    /** Runs two tasks of which each waits for the other, until a worker has taken one of them. */
    private static void workersMeet(Parallel parallel) {
        var met = new AtomicBoolean();
        while (!met.get()) { // a caller that stays alone for a while runs one after the other
            var bothInside = new CountDownLatch(2);
            parallel.forEach(2, _ -> {
                bothInside.countDown();
                if (awaitAtMost(bothInside, 300)) {
                    met.set(true);
                }
            });
        }
    }

    /** A worker put aside in the middle of a task, here by sleeping, must not be waited for again and again. */
    @Test
    void aCallerThatWaitedInVainStaysAloneForAWhile() {
        try (var parallel = new Parallel(2)) {
            var caller = Thread.currentThread();
            boolean stayedAlone = false;
            for (int attempt = 0; attempt < 10 && !stayedAlone; attempt++) {
                workersMeet(parallel);
                var workerInside = new CountDownLatch(1);
                parallel.forEach(2, _ -> {
                    if (Thread.currentThread() != caller) {
                        workerInside.countDown();
                        sleep(300);
                    } else {
                        awaitAtMost(workerInside, 100);
                    }
                });
                var threads = ConcurrentHashMap.<Thread>newKeySet();
                parallel.forEach(20, _ -> {
                    threads.add(Thread.currentThread());
                    sleep(1);
                });
                stayedAlone = threads.equals(Set.of(caller));
            }
            assertTrue(stayedAlone);
            workersMeet(parallel); // and they come back
        }
    }

    private static boolean awaitAtMost(CountDownLatch latch, int millis) {
        try {
            return latch.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    private static void sleep(int millis) {
        try {
            Thread.sleep(millis);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 8})
    void theExceptionOfATaskReachesTheCaller(int threads) {
        try (var parallel = new Parallel(threads)) {
            var thrown = new IllegalArgumentException("task 5 does not like its row");
            var caught = assertThrows(
                    IllegalArgumentException.class,
                    () -> parallel.forEach(50, task -> {
                        if (task == 5) {
                            throw thrown;
                        }
                    }));
            assertSame(thrown, caught);
            var error = assertThrows(
                    AssertionError.class,
                    () -> parallel.forEach(3, _ -> {
                        throw new AssertionError("errors too");
                    }));
            assertEquals("errors too", error.getMessage());
            var runs = new AtomicInteger();
            parallel.forEach(9, _ -> runs.incrementAndGet());
            assertEquals(9, runs.get(), "the pool still works afterwards");
        }
    }

    @Test
    void aNestedLoopRunsInTheThreadOfItsTask() {
        try (var parallel = new Parallel(3)) {
            var strangers = new AtomicInteger();
            var runs = new AtomicInteger();
            parallel.forEach(8, _ -> {
                Thread outer = Thread.currentThread();
                parallel.forEach(5, _ -> {
                    runs.incrementAndGet();
                    if (Thread.currentThread() != outer) {
                        strangers.incrementAndGet();
                    }
                });
            });
            assertEquals(40, runs.get());
            assertEquals(0, strangers.get());
        }
    }

    @Test
    void twoThreadsMayShareOnePool() throws InterruptedException {
        try (var parallel = new Parallel(3)) {
            var runs = new AtomicInteger();
            var failure = new AtomicReference<Throwable>();
            Runnable loops = () -> {
                for (int i = 0; i < 2_000; i++) {
                    parallel.forEach(5, _ -> runs.incrementAndGet());
                }
            };
            Thread other = new Thread(loops);
            other.setUncaughtExceptionHandler((_, thrown) -> failure.set(thrown));
            other.start();
            loops.run();
            other.join();
            assertEquals(20_000, runs.get());
            assertSame(null, failure.get());
        }
    }

    @Test
    void closeEndsTheWorkersAndRefusesMoreWork() throws InterruptedException {
        var workers = ConcurrentHashMap.<Thread>newKeySet();
        var parallel = new Parallel(2);
        var bothInside = new CountDownLatch(2);
        parallel.forEach(2, _ -> {
            workers.add(Thread.currentThread());
            bothInside.countDown();
            awaitQuietly(bothInside);
        });
        workers.remove(Thread.currentThread());
        assertEquals(1, workers.size());
        Thread worker = workers.iterator().next();
        assertTrue(worker.isDaemon());
        parallel.close();
        worker.join(10_000);
        assertFalse(worker.isAlive());
        var refused = assertThrows(IllegalStateException.class, () -> parallel.forEach(2, _ -> {}));
        assertEquals("Parallel.forEach: the pool is closed; open a new one", refused.getMessage());
        parallel.close(); // twice is harmless
    }

    @Test
    void badArgumentsAreNamed() {
        assertEquals(
                "Parallel: threads must be at least 1, got 0",
                assertThrows(IllegalArgumentException.class, () -> new Parallel(0))
                        .getMessage());
        try (var parallel = new Parallel(1)) {
            assertEquals(
                    "Parallel.forEach: tasks must not be negative, got -1",
                    assertThrows(IllegalArgumentException.class, () -> parallel.forEach(-1, _ -> {}))
                            .getMessage());
        }
    }

    private static void awaitQuietly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }
}
