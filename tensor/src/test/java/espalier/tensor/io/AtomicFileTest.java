package espalier.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
    private static final byte[] OLD = {1, 2, 3};
    private static final Tensor TENSOR = Tensor.full(Device.reference(), DType.F32, Shape.of(20), 1);
    private static final Map<String, Tensor> TENSORS =
            new TreeMap<>(Map.of("a", TENSOR, "b", Tensor.full(Device.reference(), DType.I8, Shape.of(3), 2)));

    @TempDir
    private Path folder;

    private List<Path> files() throws IOException {
        try (var list = Files.list(folder)) {
            return list.toList();
        }
    }

    /** A disk on which only so many bytes are free. */
    private static final class FullDisk extends OutputStream {
        private final OutputStream disk;
        private int free;

        FullDisk(OutputStream disk, int free) {
            this.disk = disk;
            this.free = free;
        }

        @Override
        public void write(int b) throws IOException {
            if (free-- == 0) {
                throw new IOException("No space left on device");
            }
            disk.write(b);
        }
    }

    private void assertLeavesTheOldFile(AtomicFile.Content content) throws IOException {
        Path path = folder.resolve("model");
        for (int free = 0; ; free++) {
            Files.write(path, OLD);
            int room = free;
            try {
                AtomicFile.write(path, out -> content.writeTo(new FullDisk(out, room)));
                assertTrue(free > 100, "the content is longer than that");
                assertEquals(free, Files.size(path), "the first disk that had room for all");
                return;
            } catch (IOException e) {
                assertEquals(path + ": No space left on device", e.getMessage());
            }
            assertArrayEquals(OLD, Files.readAllBytes(path));
            assertEquals(List.of(path), files(), "no partial file is left");
        }
    }

    @Test
    void aFullDiskLeavesTheOldFileWhole() throws IOException {
        assertLeavesTheOldFile(new SafeTensorsContent(TENSORS, Map.of("k", "v"))::writeTo);
        assertLeavesTheOldFile(out -> Npy.write(TENSOR, out));
        assertLeavesTheOldFile(out -> Npz.writeTo(out, TENSORS, ZipEntry.STORED));
        assertLeavesTheOldFile(out -> Npz.writeTo(out, TENSORS, ZipEntry.DEFLATED));
    }

    @Test
    void anyFailureLeavesTheOldFileWhole() throws IOException {
        Path path = Files.write(folder.resolve("model"), OLD);
        assertThrows(
                IllegalStateException.class,
                () -> AtomicFile.write(path, out -> {
                    out.write(9);
                    throw new IllegalStateException("released");
                }));
        assertThrows(
                OutOfMemoryError.class,
                () -> AtomicFile.write(path, _ -> {
                    throw new OutOfMemoryError("test");
                }));
        assertArrayEquals(OLD, Files.readAllBytes(path));
        assertEquals(List.of(path), files());
    }

    @Test
    void aFailureWhereThereWasNoFileLeavesNone() throws IOException {
        IOException thrown = assertThrows(
                IOException.class,
                () -> AtomicFile.write(folder.resolve("new"), _ -> {
                    throw new IOException("No space left on device");
                }));
        assertEquals(folder.resolve("new") + ": No space left on device", thrown.getMessage());
        assertEquals(List.of(), files());
    }

    @Test
    void aFolderThatCannotBeWrittenLeavesTheOldFileWhole() throws IOException {
        Path path = Files.write(folder.resolve("model"), OLD);
        Assumptions.assumeTrue(folder.toFile().setWritable(false), "folders can be made read-only here");
        try {
            Assumptions.assumeFalse(Files.isWritable(folder), "this user may write anywhere");
            assertThrows(IOException.class, () -> SafeTensors.write(path, TENSORS, Map.of()));
        } finally {
            assertTrue(folder.toFile().setWritable(true));
        }
        assertArrayEquals(OLD, Files.readAllBytes(path));
    }

    @Test
    void whatIsNoRegularFileIsNotReplaced() throws IOException {
        assertThrows(FileSystemException.class, () -> SafeTensors.write(folder, TENSORS, Map.of()));
        Path device = Path.of("/dev/full");
        if (Files.exists(device)) {
            String message = assertThrows(FileSystemException.class, () -> SafeTensors.write(device, TENSORS, Map.of()))
                    .getMessage();
            assertEquals("/dev/full: is there already and is no regular file", message);
        }
        Path absent = folder.resolve("absent");
        assertEquals(
                absent.resolve("model") + ": cannot be written: there is no folder " + absent,
                assertThrows(
                                FileSystemException.class,
                                () -> SafeTensors.write(absent.resolve("model"), TENSORS, Map.of()))
                        .getMessage());
    }

    @Test
    void aTextTakesThePlaceOfTheOldOne() throws IOException {
        Path file = folder.resolve("text");
        AtomicFile.writeText(file, "one");
        AtomicFile.writeText(file, "zwölf\n");
        assertEquals("zwölf\n", Files.readString(file));
        assertEquals(List.of(file), files());
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkStaysALink() throws IOException {
        Path path = Files.write(folder.resolve("model"), OLD);
        Path link = Files.createSymbolicLink(folder.resolve("link"), path);
        SafeTensors.write(link, TENSORS, Map.of());
        assertTrue(Files.isSymbolicLink(link));
        try (SafeTensors file = SafeTensors.open(path)) {
            assertEquals(List.of("a", "b"), file.names());
        }
    }
}
