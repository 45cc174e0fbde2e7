package espalier.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class SafeTensorsTest {
    private static final Device DEVICE = Device.reference();

    private static final Tensor NONE = Tensor.zeros(DEVICE, DType.F32, Shape.of(99));

    @TempDir
    private Path folder;

    /** A file with two tensors, as the reference implementation (safetensors 0.8.0 for Python) writes it. */
    private static byte[] knownFile() {
        String header = "{\"__metadata__\":{\"format\":\"pt\"},"
                + "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[0,8]},"
                + "\"a\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[8,11]}}    ";
        byte[] text = header.getBytes(StandardCharsets.US_ASCII);
        assertEquals(144, text.length);
        byte[] numbers = HexFormat.of().parseHex("9000000000000000" + "0000803f000020c0" + "0102ff");
        byte[] file = new byte[8 + 144 + 11];
        System.arraycopy(numbers, 0, file, 0, 8);
        System.arraycopy(text, 0, file, 8, 144);
        System.arraycopy(numbers, 8, file, 152, 11);
        return file;
    }

    @Test
    void readsAKnownFile() throws IOException {
        Path path = Files.write(folder.resolve("known.safetensors"), knownFile());
        try (SafeTensors file = SafeTensors.open(path)) {
            assertEquals(List.of("b", "a"), file.names());
            assertEquals(Map.of("format", "pt"), file.metadata());
            assertEquals(new SafeTensors.Entry("b", "F32", DType.F32, Shape.of(1, 2), 152, 160), file.entry("b"));
            assertEquals(new SafeTensors.Entry("a", "U8", DType.U8, Shape.of(3), 160, 163), file.entry("a"));
            assertTrue(file.contains("a"));
            assertFalse(file.contains("format"));
            assertArrayEquals(new float[] {1, -2.5f}, file.tensor("b", DEVICE).toFloats());
            assertArrayEquals(new int[] {1, 2, 255}, file.tensor("a", DEVICE).toInts());
        }
    }

    @Test
    void writesAKnownFile() throws IOException {
        Path path = folder.resolve("written.safetensors");
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("a", Tensor.of(DEVICE, DType.U8, new byte[] {1, 2, -1}, Shape.of(3)));
        tensors.put("b", Tensor.of(DEVICE, new float[] {1, -2.5f}, Shape.of(1, 2)));
        SafeTensors.write(path, tensors, Map.of("format", "pt"));
        assertArrayEquals(knownFile(), Files.readAllBytes(path));
    }

    @Test
    void theOrderOfTheMapsDoesNotMatter() throws IOException {
        List<Map.Entry<String, Tensor>> entries = new ArrayList<>();
        for (DType dtype : DType.values()) {
            for (String name : List.of("z", "a", "\uFFFD", "\uD83C\uDF33")) { // U+FFFD < U+1F333, but not as chars
                entries.add(Map.entry(name + dtype, Tensor.full(DEVICE, dtype, Shape.of(2), 1)));
            }
        }
        Map<String, String> forth = new LinkedHashMap<>();
        forth.put("k", "1");
        forth.put("j", "2");
        Map<String, String> back = new LinkedHashMap<>();
        back.put("j", "2");
        back.put("k", "1");
        Path one = folder.resolve("one");
        Path two = folder.resolve("two");
        SafeTensors.write(one, ordered(entries), forth);
        SafeTensors.write(two, ordered(entries.reversed()), back);
        assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
        try (SafeTensors file = SafeTensors.open(one)) {
            assertEquals(
                    List.of("aI64", "zI64", "\uFFFDI64", "\uD83C\uDF33I64"),
                    file.names().subList(0, 4));
            assertEquals(List.of("j", "k"), List.copyOf(file.metadata().keySet()));
        }
    }

    private static Map<String, Tensor> ordered(List<Map.Entry<String, Tensor>> entries) {
        Map<String, Tensor> map = new LinkedHashMap<>();
        entries.forEach(e -> map.put(e.getKey(), e.getValue()));
        return map;
    }

    @Test
    void everyTypeAndShapeComesBackBitForBit() throws IOException {
        Random random = new Random(5);
        for (int round = 0; round < 20; round++) {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (DType dtype : DType.values()) {
                for (Shape shape : RandomTensors.shapes(random)) {
                    tensors.put(dtype + " " + shape, RandomTensors.of(random, DEVICE, dtype, shape));
                }
            }
            Path path = folder.resolve("round" + round);
            SafeTensors.write(path, tensors, Map.of());
            try (SafeTensors file = SafeTensors.open(path)) {
                assertEquals(Map.of(), file.metadata());
                Map<String, Tensor> loaded = file.tensors(DEVICE);
                assertEquals(tensors.keySet(), loaded.keySet());
                loaded.forEach((name, tensor) -> RandomTensors.assertSame(tensors.getOrDefault(name, NONE), tensor));
                for (String name : file.names()) {
                    assertEquals(
                            0,
                            file.entry(name).begin() % file.entry(name).dtype().bytes(),
                            "aligned");
                }
            }
        }
    }

    @Test
    void viewsAreWrittenAsTheyLook() throws IOException {
        Tensor base = Tensor.arange(DEVICE, 0, 60).reshape(3, 4, 5);
        Map<String, Tensor> views = Map.of(
                "transposed", base.transpose(0, 2),
                "narrowed", base.narrow(1, 1, 2),
                "stepped", base.slice(2, 0, 5, 2),
                "flipped", base.flip(0),
                "stretched", base.select(0, 1).unsqueeze(0).expand(4, 4, 5),
                "tail", base.select(0, 2).select(0, 3));
        Path path = folder.resolve("views");
        SafeTensors.write(path, views, Map.of());
        try (SafeTensors file = SafeTensors.open(path)) {
            for (var view : views.entrySet()) {
                RandomTensors.assertSame(view.getValue().copy(), file.tensor(view.getKey(), DEVICE));
            }
            assertArrayEquals(
                    new int[] {55, 56, 57, 58, 59}, file.tensor("tail", DEVICE).toInts());
        }
    }

    @Test
    void aTensorLargerThanTheBufferIsWrittenWhole() throws IOException {
        int size = (1 << 18) * 3 + 7; // more than three mebibytes of I32
        Tensor tensor = Tensor.arange(DEVICE, 0, size);
        Path path = folder.resolve("large");
        SafeTensors.write(path, Map.of("x", tensor), Map.of());
        try (SafeTensors file = SafeTensors.open(path)) {
            RandomTensors.assertSame(tensor, file.tensor("x", DEVICE));
        }
    }

    @Test
    void namesAndMetadataMayBeAnyText() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : List.of("", "\"\\/\b\f\n\r\t\u0001\u007F", "größe", "木🌳", "a b.c/../d")) {
            tensors.put(name, Tensor.full(DEVICE, DType.F32, Shape.scalar(), tensors.size()));
        }
        Map<String, String> metadata = Map.of("\u0000", "\u001F", "quote", "\"", "", "");
        Path path = folder.resolve("names");
        SafeTensors.write(path, tensors, metadata);
        try (SafeTensors file = SafeTensors.open(path)) {
            assertEquals(tensors.keySet(), file.tensors(DEVICE).keySet());
            assertEquals(metadata, file.metadata());
            assertEquals(4, file.tensor("a b.c/../d", DEVICE).item());
        }
        assertThrows(
                IllegalArgumentException.class,
                () -> SafeTensors.write(path, Map.of("__metadata__", Tensor.ones(1)), Map.of()));
        assertThrows(
                IllegalArgumentException.class,
                () -> SafeTensors.write(path, Map.of("\uD800", Tensor.ones(1)), Map.of()));
        assertThrows(IllegalArgumentException.class, () -> SafeTensors.write(path, Map.of(), Map.of("x", "\uDFFF")));
    }

    @Test
    void noTensorsAreAlsoAFile() throws IOException {
        Path path = folder.resolve("none");
        SafeTensors.write(path, Map.of(), Map.of());
        assertArrayEquals(
                new byte[] {8, 0, 0, 0, 0, 0, 0, 0, '{', '}', ' ', ' ', ' ', ' ', ' ', ' '}, Files.readAllBytes(path));
        try (SafeTensors file = SafeTensors.open(path)) {
            assertEquals(List.of(), file.names());
        }
    }

    @Test
    void bfloat16IsTheUpperHalfOfAFloat() throws IOException {
        // 1, −2.5, the smallest normal, infinity, NaN: 3f80 c020 0080 7f80 7fc0
        byte[] file = HostileFiles.safetensors(
                "{'x':{'dtype':'BF16','shape':[5],'data_offsets':[0,10]}}",
                HexFormat.of().parseHex("803f20c08000807fc07f"));
        try (SafeTensors open = SafeTensors.open(Files.write(folder.resolve("bf16"), file))) {
            assertEquals("BF16", open.entry("x").storedType());
            assertEquals(DType.F32, open.entry("x").dtype());
            Tensor x = open.tensor("x", DEVICE);
            assertEquals(DType.F32, x.dtype());
            assertArrayEquals(
                    new float[] {1, -2.5f, Float.MIN_NORMAL, Float.POSITIVE_INFINITY, Float.NaN}, x.toFloats());
        }
    }

    @Test
    void aTensorThatIsNotThereIsNamed() throws IOException {
        Path path = Files.write(folder.resolve("known"), knownFile());
        try (SafeTensors file = SafeTensors.open(path)) {
            String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> file.tensor("c", DEVICE))
                    .getMessage());
            assertTrue(message.endsWith("has no tensor \"c\"; it has 2, among them [b, a]"), message);
        }
    }

    @Test
    void tensorsOutliveTheFileAndTheFileSaysThatItIsClosed() throws IOException {
        Path path = Files.write(folder.resolve("known"), knownFile());
        SafeTensors file = SafeTensors.open(path);
        Tensor b = file.tensor("b", DEVICE);
        file.close();
        file.close();
        assertArrayEquals(new float[] {1, -2.5f}, b.toFloats());
        String message = String.valueOf(assertThrows(IllegalStateException.class, () -> file.tensor("b", DEVICE))
                .getMessage());
        assertTrue(message.endsWith("known is closed"), message);
        assertEquals(List.of("b", "a"), file.names());
        Files.delete(path); // Windows refuses this while a file is mapped
    }

    @Test
    void severalThreadsMayReadOneFile() throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (int i = 0; i < 32; i++) {
            tensors.put("t" + i, Tensor.full(DEVICE, DType.F32, Shape.of(1000), i));
        }
        Path path = folder.resolve("threads");
        SafeTensors.write(path, tensors, Map.of());
        try (SafeTensors file = SafeTensors.open(path)) {
            long right = IntStream.range(0, 32)
                    .parallel()
                    .filter(i -> sumOf(file, "t" + i) == 1000.0 * i)
                    .count();
            assertEquals(32, right);
        }
    }

    private static double sumOf(SafeTensors file, String name) {
        try {
            return file.tensor(name, DEVICE).sum().item();
        } catch (TensorFormatException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void closingAndRefusingUnmapAtOnce() throws IOException {
        Path path = Files.write(folder.resolve("mapped-file"), knownFile());
        try (SafeTensors file = SafeTensors.open(path)) {
            assertTrue(isMapped("mapped-file"));
            assertEquals(2, file.names().size());
        }
        assertFalse(isMapped("mapped-file"));
        Path broken = Files.write(folder.resolve("broken-file"), new byte[20]);
        assertThrows(TensorFormatException.class, () -> SafeTensors.open(broken));
        assertFalse(isMapped("broken-file"));
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aFileThatIsCutShortWhileItIsOpenIsRefused() throws IOException {
        Path path = folder.resolve("shrinking");
        for (DType dtype : List.of(DType.F32, DType.BOOL)) {
            SafeTensors.write(path, Map.of("x", Tensor.full(DEVICE, dtype, Shape.of(1 << 20), 1)), Map.of());
            try (SafeTensors file = SafeTensors.open(path)) {
                try (FileChannel channel = FileChannel.open(path, StandardOpenOption.WRITE)) {
                    channel.truncate(4096);
                }
                HostileFiles.assertRefused(
                        file.entry("x").begin(),
                        "the file was cut short while it was open",
                        () -> file.tensor("x", DEVICE));
            }
        }
    }

    private static boolean isMapped(String name) throws IOException {
        return Files.readString(Path.of("/proc/self/maps")).contains(name);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aReaderKeepsTheOldFileWhenItIsReplaced() throws IOException {
        Path path = folder.resolve("replaced");
        SafeTensors.write(path, Map.of("x", Tensor.full(DEVICE, DType.F32, Shape.of(1000), 1)), Map.of());
        try (SafeTensors old = SafeTensors.open(path)) {
            SafeTensors.write(path, Map.of("x", Tensor.full(DEVICE, DType.F32, Shape.of(3), 2)), Map.of());
            assertEquals(1000, old.tensor("x", DEVICE).sum().item());
        }
        try (SafeTensors replaced = SafeTensors.open(path)) {
            assertEquals(6, replaced.tensor("x", DEVICE).sum().item());
        }
    }

    @Test
    void thePublishedResNetOpens() throws IOException {
        Path path = DataRoot.require("reference-models/resnet20-12fca82f.safetensors");
        try (SafeTensors file = SafeTensors.open(path)) {
            assertEquals(97, file.names().size());
            assertEquals("pt", file.metadata().get("format"));
            assertEquals("conv1.weight", file.names().getFirst());
            assertEquals(Shape.of(16, 3, 3, 3), file.entry("conv1.weight").shape());
            assertEquals(Shape.of(10, 64), file.tensor("linear.weight", DEVICE).shape());
            Path again = folder.resolve("again");
            SafeTensors.write(again, file.tensors(DEVICE), file.metadata());
            try (SafeTensors copy = SafeTensors.open(again)) {
                for (String name : file.names()) {
                    RandomTensors.assertSame(file.tensor(name, DEVICE), copy.tensor(name, DEVICE));
                }
            }
        }
    }

    /** Where the data sets and reference models are, if they are. */
    private static final class DataRoot {
        private DataRoot() {}

        /** The file, or a skipped test that says what is missing. */
        static Path require(String file) {
            Path here = Path.of("").toAbsolutePath();
            List<Path> roots = new ArrayList<>();
            String set = System.getProperty("espalier.data");
            if (set != null) {
                roots.add(Path.of(set));
            }
            for (Path p = here; p != null; p = p.getParent()) {
                roots.add(p.resolve("shared/data"));
            }
            for (Path root : roots) {
                if (Files.isRegularFile(root.resolve(file))) {
                    return root.resolve(file);
                }
            }
            return Assumptions.abort("no " + file + " under -Despalier.data or ../shared/data: skipped");
        }
    }
}
