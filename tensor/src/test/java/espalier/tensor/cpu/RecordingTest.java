package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/** What a recording keeps of a call, and what it has for itself alone. */
class RecordingTest {
    @Test
    void loopsRunAgainAndWhatIsBesideThemDoesNot() {
        int[] runs = new int[4];
        try (var parallel = new Parallel(1)) {
            Recording recording = parallel.record(() -> {
                runs[0]++;
                parallel.forEach(3, task -> runs[1] += task);
                parallel.inTurn(2, _ -> runs[2]++);
                parallel.once(() -> parallel.forEach(5, _ -> runs[3]++)); // a loop inside of a task is part of it
            });
            assertArrayEquals(new int[] {1, 3, 2, 5}, runs);
            recording.run();
            parallel.forEach(1, _ -> runs[1] += 100); // nobody listens any more
            recording.run();
            assertArrayEquals(new int[] {1, 109, 6, 15}, runs);
        }
    }

    /** A recording made inside of another one is a thing of its own; what follows it belongs to the outer one again. */
    @Test
    void aRecordingInsideOfAnother() {
        int[] runs = new int[2];
        try (var parallel = new Parallel(1)) {
            Recording outer = parallel.record(() -> {
                parallel.record(() -> parallel.forEach(1, _ -> runs[0]++));
                parallel.forEach(1, _ -> runs[1]++);
            });
            outer.run();
            assertArrayEquals(new int[] {1, 2}, runs);
        }
    }

    /** Loops of other threads that begin while one records belong to those threads. */
    @Test
    void aRecordingHearsItsThreadAlone() throws InterruptedException {
        try (var parallel = new Parallel(1)) {
            int[] others = new int[1];
            var recorded = new AtomicBoolean();
            Thread other = new Thread(() -> {
                while (!recorded.get()) {
                    parallel.forEach(1, _ -> others[0]++);
                }
            });
            other.start();
            int[] own = new int[1];
            List<Recording> recordings = new ArrayList<>();
            for (int i = 0; i < 50_000; i++) {
                recordings.add(parallel.record(() -> parallel.forEach(1, _ -> own[0]++)));
            }
            recorded.set(true);
            other.join();
            int before = others[0];
            recordings.forEach(Recording::run);
            assertEquals(before, others[0]);
            assertEquals(100_000, own[0]);
        }
    }

    /** Else the next call of this thread would write where another thread runs the recording. */
    @Test
    void workingMemoryOfTheCallerBelongsToTheRecording() {
        List<float[]> seen = new ArrayList<>();
        try (var parallel = new Parallel(1)) {
            Recording recording = parallel.record(() -> {
                seen.add(Scratch.floats(Scratch.ROW, 8));
                parallel.once(() -> seen.add(Scratch.floats(Scratch.ROW, 8)));
            });
            float[] own = Scratch.floats(Scratch.ROW, 8);
            assertNotSame(own, seen.get(0));
            assertNotSame(seen.get(0), seen.get(1));
            recording.run();
            assertEquals(3, seen.size());
            assertEquals(own, seen.get(2)); // a task works in the memory of the thread that runs it
        }
    }

    @Test
    void memoryOfTemporaryTensorsIsNotHandedOutAgain() {
        Device device = new Device("plain", new ScalarBackend(1));
        List<float[]> seen = new ArrayList<>();
        Runnable temporary = () -> {
            try (TensorScope _ = TensorScope.open()) {
                Tensor made = Tensor.allocate("test", device, DType.F32, Shape.of(1000));
                seen.add(((HeapStorage) made.storage()).floats());
            }
        };
        device.backend().prepared(temporary);
        temporary.run();
        temporary.run();
        assertNotSame(seen.get(0), seen.get(1));
        assertEquals(seen.get(1), seen.get(2)); // as memory of the back end is
    }
}
