package espalier.gpu.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.gpu.TestDevice;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jocl.CL;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Launches that go wrong, and memory that nobody gives back. */
class CommandQueueTest {
    private static CommandQueue queue() {
        TestDevice.first();
        return new CommandQueue(Discovery.now().devices().getFirst());
    }

    @Test
    void aKernelThatDoesNotCompileIsNamedWithTheLog() {
        try (CommandQueue queue = queue()) {
            DeviceMemory x = queue.allocate(4);
            OpenClException refused = assertThrows(
                    OpenClException.class,
                    () -> queue.launch(
                            "twice", new KernelName("broken.cl", "-DTWICE", "broken"), Geometry.line(1, 1), x));
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.startsWith("kernel broken of broken.cl (-DTWICE) does not compile on "), message);
            assertTrue(message.contains("CL_BUILD_PROGRAM_FAILURE"), message);
            assertTrue(message.contains("undeclared_name"), "the compiler's log: " + message);
        }
    }

    @Test
    void anArgumentThatDoesNotFitIsNamed() {
        try (CommandQueue queue = queue()) {
            DeviceMemory w = queue.allocate(64);
            OpenClException refused = assertThrows(
                    OpenClException.class,
                    () -> queue.launch("sgd", new KernelName("update.cl", "", "sgd"), Geometry.line(16, 16), w));
            assertTrue(
                    String.valueOf(refused.getMessage())
                            .startsWith("sgd: argument 0 of kernel sgd of update.cl: CL_INVALID_ARG_SIZE"),
                    refused.getMessage());
        }
    }

    @Test
    void memoryIsNotLentAgainWhileALaunchMayHoldIt() throws InterruptedException {
        try (CommandQueue queue = queue()) {
            DeviceMemory held = queue.allocate(1000);
            collect();
            assertEquals(0, queue.idleBytes(), "held");
            Reference.reachabilityFence(held);
            held = queue.allocate(1); // the first is forgotten
            for (int i = 0; i < 100 && queue.idleBytes() == 0; i++) {
                collect();
            }
            assertEquals(1024, queue.idleBytes(), "forgotten");
            held.giveBack();
            held.giveBack();
            assertEquals(1024 + 256, queue.idleBytes(), "given back once");
        }
    }

    private static void add(CommandQueue queue, String operation) {
        DeviceMemory w = queue.allocate(64);
        queue.launch(
                operation, new KernelName("update.cl", "", "sgd"), Geometry.line(16, 16), 16, 0.1f, 0f, 0f, w, 0, w, 0);
        w.giveBack();
    }

    /** No driver here fails on purpose: this is what a wait makes of the code that it would get. */
    @Test
    void workThatFailedIsNamedAtTheNextWait() {
        try (CommandQueue queue = queue()) {
            add(queue, "step of a");
            add(queue, "step of b");
            assertEquals(2, queue.pending());
            OpenClException failed =
                    assertThrows(OpenClException.class, () -> queue.waited(CL.CL_OUT_OF_RESOURCES, "download"));
            assertEquals(
                    "download: CL_OUT_OF_RESOURCES (-5), from it or from the work queued before it (step of a, step of"
                            + " b); with -Despalier.gpu.finish=true the operation that fails is named",
                    failed.getMessage());
            assertEquals(0, queue.pending(), "told once");
        }
    }

    @Test
    void ofLongQueuesTheLastAreNamed() {
        PendingWork work = new PendingWork();
        for (int i = 1; i <= 40; i++) {
            work.add("op" + i);
        }
        assertTrue(work.toString().startsWith("the last 16 of 40: op25, op26, "), work.toString());
        assertTrue(work.toString().endsWith("op40"), work.toString());
    }

    @Test
    void theDebugSwitchWaitsForEachOperation() {
        System.setProperty("espalier.gpu.finish", "true");
        try (CommandQueue queue = queue()) {
            add(queue, "step");
            assertEquals(0, queue.pending());
        } finally {
            System.clearProperty("espalier.gpu.finish");
        }
    }

    @Test
    void withoutRoomTheCacheIsFreedAndOnlyThenMemoryRefused() {
        TestDevice.first();
        DeviceInfo device = Discovery.now().devices().getFirst();
        try (CommandQueue queue = new CommandQueue(device, 1_000_000)) {
            queue.allocate(600_000).giveBack();
            assertEquals(655_360, queue.idleBytes());
            DeviceMemory large = queue.allocate(900_000);
            assertEquals(917_504, queue.allocatedBytes(), "what waited has made room");
            assertEquals(0, queue.idleBytes());
            OpenClException refused = assertThrows(OpenClException.class, () -> queue.allocate(600_000));
            String message = String.valueOf(refused.getMessage());
            assertTrue(message.contains(" has no room for 600000 bytes (CL_MEM_OBJECT_ALLOCATION_FAILURE"), message);
            assertTrue(message.contains("tensors hold 917504 of its 1000000 bytes"), message);
            large.giveBack();
            assertEquals(720_896, queue.allocate(700_000).bytes(), "forgotten at once");
            assertEquals(851_968, queue.allocate(800_000).bytes(), "the collector has made room");
        }
    }

    @Test
    void afterClosingEverythingIsRefused() {
        CommandQueue queue = queue();
        DeviceMemory w = queue.allocate(64);
        queue.close();
        queue.close();
        MemorySegment bytes = MemorySegment.ofArray(new float[16]);
        for (Executable use : List.<Executable>of(
                () -> queue.allocate(4),
                () -> add(queue, "step"),
                () -> queue.write(bytes, w, 0),
                () -> queue.read(w, 0, bytes),
                () -> queue.finish("finish"))) {
            IllegalStateException refused = assertThrows(IllegalStateException.class, use);
            assertTrue(String.valueOf(refused.getMessage()).endsWith(" is closed"), refused.getMessage());
        }
        w.giveBack();
        assertEquals(0, queue.allocatedBytes());
    }

    /** Drivers may look for the memory of a buffer when it is first used: this plays one that has no room at first. */
    @Test
    void aCallThatFindsNoRoomIsMadeOnceMore() {
        try (CommandQueue queue = queue()) {
            queue.allocate(5000).giveBack();
            Deque<Integer> codes = new ArrayDeque<>(
                    List.of(CL.CL_MEM_OBJECT_ALLOCATION_FAILURE, CL.CL_SUCCESS, CL.CL_OUT_OF_RESOURCES, -4, -34));
            assertEquals(CL.CL_SUCCESS, queue.withRoom(codes::pop));
            assertEquals(0, queue.allocatedBytes(), "what was free went back to the device");
            assertEquals(-4, queue.withRoom(codes::pop), "not more than once");
            assertEquals(-34, queue.withRoom(codes::pop), "other errors at once");
        }
    }

    /** Devices take 65,535 groups along the second and the third axis; a batch may have more. */
    @Test
    void launchesOfManyGroupsAreCut() {
        Geometry whole = Geometry.groups(3, 70_000, 131_071, 4);
        List<Geometry> parts = whole.parts();
        assertEquals(2 * 3, parts.size());
        long items = 0;
        for (Geometry part : parts) {
            assertTrue(part.global()[1] <= 65_535 && part.global()[2] <= 65_535, "groups of one item");
            items += part.global()[0] * part.global()[1] * part.global()[2];
        }
        assertEquals(12L * 70_000 * 131_071, items);
        assertArrayEquals(new long[] {0, 65_535, 131_070}, parts.getLast().start());
        assertArrayEquals(new long[] {12, 4465, 1}, parts.getLast().global());
        assertEquals(
                List.of(Geometry.line(1 << 20, 64)).size(),
                Geometry.line(1 << 20, 64).parts().size());
    }

    @Test
    void whatIsAskedAtTheNextWaitIsAskedOnce() {
        try (CommandQueue queue = queue()) {
            queue.askAtNextWait(() -> {
                throw new IllegalStateException("found");
            });
            assertEquals(
                    "found",
                    assertThrows(IllegalStateException.class, () -> queue.finish("a"))
                            .getMessage());
            queue.finish("b");
            assertEquals(2, queue.waits());
        }
    }

    private static void collect() throws InterruptedException {
        System.gc();
        Thread.sleep(50); // for the cleaner's thread
    }
}
