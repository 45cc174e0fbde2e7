package espalier.gpu.opencl;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.gpu.TestDevice;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Programs on disk: what is kept comes back, and what was spoiled does not. */
class ProgramCacheTest {
    private static final byte[] PROGRAM = {1, 2, 3, 4, 5, 6, 7};

    @TempDir
    Path folder;

    @Test
    void whatIsKeptComesBackUnderItsName() throws IOException {
        ProgramCache cache = new ProgramCache(folder.resolve("kernels"));
        String key = ProgramCache.key("source", "-DX", "device", "driver 1");
        assertTrue(cache.load(key).isEmpty());
        cache.store(key, PROGRAM);
        assertArrayEquals(PROGRAM, cache.load(key).orElseThrow());
        assertTrue(cache.load(ProgramCache.key("source", "-DX", "device", "driver 2"))
                .isEmpty());
        assertEquals(List.of(key), names(folder.resolve("kernels")), "nothing is left beside it");
        assertEquals(64, key.length());
        assertNotEquals(ProgramCache.key("ab", "c"), ProgramCache.key("a", "bc"));
    }

    @Test
    void cutAndChangedFilesAreRefusedAndReplaced() throws IOException {
        ProgramCache cache = new ProgramCache(folder.resolve("kernels"));
        cache.store("k", PROGRAM);
        Path file = folder.resolve("kernels").resolve("k");
        byte[] whole = Files.readAllBytes(file);
        for (int length = 0; length < whole.length; length++) {
            Files.write(file, Arrays.copyOf(whole, length));
            assertTrue(cache.load("k").isEmpty(), "cut after " + length);
        }
        for (int i = 0; i < whole.length; i++) {
            byte[] changed = whole.clone();
            changed[i] ^= 1;
            Files.write(file, changed);
            assertTrue(cache.load("k").isEmpty(), "changed at " + i);
        }
        cache.store("k", PROGRAM);
        assertArrayEquals(PROGRAM, cache.load("k").orElseThrow());
    }

    @Test
    void aFolderInWhichOthersMayWriteIsNotTrusted() throws IOException {
        Path open = folder.resolve("open");
        ProgramCache cache = new ProgramCache(open);
        cache.store("k", PROGRAM);
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertTrue(cache.load("k").isEmpty());
        cache.store("other", PROGRAM);
        assertEquals(List.of("k"), names(open));
    }

    @Test
    void aFolderThatCannotBeMadeIsNoError() throws IOException {
        Path file = Files.writeString(folder.resolve("file"), "no folder");
        ProgramCache cache = new ProgramCache(file.resolve("kernels"));
        cache.store("k", PROGRAM);
        assertTrue(cache.load("k").isEmpty());
    }

    @Test
    void theDriverTakesItsProgramsBackAndSpoiledOnesAreCompiledAgain() throws IOException {
        TestDevice.first();
        System.setProperty("espalier.gpu.cache", folder.resolve("kernels").toString());
        try {
            assertEquals(0, stepAndCount());
            Path file = folder.resolve("kernels")
                    .resolve(names(folder.resolve("kernels")).getFirst());
            byte[] whole = Files.readAllBytes(file);
            assertEquals(1, stepAndCount(), "from disk");
            Files.write(file, Arrays.copyOf(whole, whole.length / 2));
            assertEquals(0, stepAndCount(), "compiled again");
            assertEquals(1, stepAndCount(), "and kept again");
            byte[] nonsense = new byte[1000]; // whole, but no program
            new ProgramCache(folder.resolve("kernels")).store(file.getFileName().toString(), nonsense);
            assertEquals(0, stepAndCount(), "refused by the driver");
        } finally {
            System.clearProperty("espalier.gpu.cache");
        }
    }

    /** One step of w = 1 against a slope of 2 at rate 0.25, and how many programs came from disk. */
    private static int stepAndCount() {
        try (CommandQueue queue = new CommandQueue(Discovery.now().devices().getFirst())) {
            DeviceMemory w = queue.send(MemorySegment.ofArray(new float[] {1}));
            DeviceMemory g = queue.send(MemorySegment.ofArray(new float[] {2}));
            queue.launch(
                    "sgd", new KernelName("update.cl", "", "sgd"), Geometry.line(1, 16), 1, 0.25f, 0f, 0f, w, 0, g, 0);
            float[] result = new float[1];
            queue.read(w, 0, MemorySegment.ofArray(result));
            assertEquals(0.5f, result[0]);
            return queue.programsFromDisk();
        }
    }

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> String.valueOf(file.getFileName())).toList();
        }
    }
}
