package espalier.gpu.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.gpu.TestDevice;
import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;

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

    private static void collect() throws InterruptedException {
        System.gc();
        Thread.sleep(50); // for the cleaner's thread
    }
}
