package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Discovery;
import espalier.gpu.opencl.OpenClException;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.spi.Storage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.Reference;
import org.junit.jupiter.api.Test;

/** Device memory: what is held, what scopes give back, and transfers that do not fit. */
class MemoryTest {
    /** A back end of its own, so that nobody else allocates. */
    private static OpenClBackend own() {
        TestDevice.first();
        return new OpenClBackend(new CommandQueue(Discovery.now().devices().getFirst()), Flavour.CPU);
    }

    @Test
    void aScopeGivesMemoryBackAndTheNextUsesItAgain() {
        try (OpenClBackend backend = own()) {
            Device device = new Device("own", backend);
            assertEquals(0, backend.allocatedBytes());
            long held = 0;
            for (int step = 0; step < 5; step++) {
                try (TensorScope _ = TensorScope.open()) {
                    Tensor x = Tensor.full(device, DType.F32, Shape.of(1000), 2);
                    assertEquals(2000, x.sum().item());
                }
                held = step == 0 ? backend.allocatedBytes() : held;
                assertEquals(held, backend.allocatedBytes(), "step " + step + " needs no new memory");
            }
            assertTrue(held >= 4000 && held < 8192, held + " bytes for 4000 and a sum");
        }
    }

    @Test
    void memoryOutlivesAForgottenTensorWhileItIsHeld() throws InterruptedException {
        TestDevice.first();
        CommandQueue queue = new CommandQueue(Discovery.now().devices().getFirst());
        try (OpenClBackend backend = new OpenClBackend(queue, Flavour.CPU)) {
            DeviceMemory memory =
                    DeviceStorage.of(Tensor.full(new Device("own", backend), DType.F32, Shape.of(100), 1));
            for (int i = 0; i < 3; i++) {
                System.gc(); // finds the tensor and its storage
                Thread.sleep(50); // for the cleaner's thread
            }
            assertEquals(0, queue.idleBytes(), "a launch that was given it may still come");
            Reference.reachabilityFence(memory);
        }
    }

    @Test
    void transfersBeyondTheEndAreRefused() {
        try (OpenClBackend backend = own()) {
            Storage storage = backend.allocate(DType.F32, 4);
            MemorySegment five = MemorySegment.ofArray(new float[5]);
            IllegalArgumentException up =
                    assertThrows(IllegalArgumentException.class, () -> backend.upload(five, storage, 0));
            assertEquals("upload: 20 bytes from element 0 are not inside 4 elements of F32", up.getMessage());
            assertThrows(IllegalArgumentException.class, () -> backend.download(storage, -1, five.asSlice(0, 4)));
            assertThrows(IllegalArgumentException.class, () -> backend.download(storage, 3, five.asSlice(0, 8)));
            assertThrows(IllegalArgumentException.class, () -> backend.download(storage, 0, five.asSlice(0, 3)));
        }
    }

    @Test
    void segmentsOfAnyKindTravel() {
        try (OpenClBackend backend = own();
                Arena arena = Arena.ofConfined()) {
            Storage storage = backend.allocate(DType.I32, 100);
            MemorySegment there = arena.allocate(400, 8);
            MemorySegment back = arena.allocate(400, 8);
            for (int i = 0; i < 100; i++) {
                there.setAtIndex(ValueLayout.JAVA_INT, i, i * i);
            }
            backend.upload(there.asReadOnly(), storage, 0);
            backend.download(storage, 0, back);
            assertEquals(-1, there.mismatch(back), "native, read-only");
            int[] array = new int[102];
            backend.download(storage, 50, MemorySegment.ofArray(array).asSlice(8, 200));
            assertEquals(0, array[1]);
            assertEquals(2500, array[2]);
            assertEquals(99 * 99, array[51]);
            assertEquals(0, array[52]);
        }
    }

    @Test
    void manySmallUploadsKeepTheirBytes() {
        try (OpenClBackend backend = own()) {
            Storage[] storages = new Storage[40]; // each takes a tenth of what can wait at once
            for (int i = 0; i < storages.length; i++) {
                storages[i] = backend.allocate(DType.U8, 100_000);
                byte[] bytes = new byte[100_000];
                java.util.Arrays.fill(bytes, (byte) i);
                backend.upload(MemorySegment.ofArray(bytes), storages[i], 0);
                java.util.Arrays.fill(bytes, (byte) -1); // the caller's again
            }
            for (int i = 0; i < storages.length; i++) {
                byte[] bytes = new byte[100_000];
                backend.download(storages[i], 0, MemorySegment.ofArray(bytes));
                assertEquals(i, bytes[0]);
                assertEquals(i, bytes[99_999]);
            }
        }
    }

    @Test
    void tooMuchIsRefusedWithFigures() {
        try (OpenClBackend backend = own()) {
            long most = Discovery.now().devices().getFirst().largestBuffer();
            org.junit.jupiter.api.Assumptions.assumeTrue(most < 8L * Integer.MAX_VALUE, "the device has room for it");
            OpenClException refused =
                    assertThrows(OpenClException.class, () -> backend.allocate(DType.I64, Integer.MAX_VALUE));
            assertTrue(refused.getMessage().contains("has no room for 17179869176 bytes"), refused.getMessage());
        }
    }
}
