package espalier.tensor.io;

import static espalier.tensor.io.HostileFiles.assertRefused;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TimeZone;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class NpzTest {
    private static final Device DEVICE = Device.reference();

    @TempDir
    private Path folder;

    private static void save(Path path, Map<String, Tensor> tensors, boolean compressed) throws IOException {
        if (compressed) {
            Npz.writeCompressed(path, tensors);
        } else {
            Npz.write(path, tensors);
        }
    }

    private static byte[] archive(Map<String, byte[]> members) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            for (var member : members.entrySet()) {
                zip.putNextEntry(new ZipEntry(member.getKey()));
                zip.write(member.getValue());
                zip.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static byte[] one(int value) {
        return HostileFiles.npy("{'descr': '|u1', 'fortran_order': False, 'shape': (), }\n", new byte[] {(byte) value});
    }

    /** Opens and loads everything. */
    private void load(byte[] archive) throws IOException {
        load(archive, DEVICE);
    }

    private void load(byte[] archive, Device device) throws IOException {
        Path path = Files.write(folder.resolve("archive.npz"), archive);
        try (Npz file = Npz.open(path)) {
            file.tensors(device);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyTypeAndShapeComesBackBitForBit(boolean compressed) throws IOException {
        Random random = new Random(8);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            for (Shape shape : RandomTensors.shapes(random)) {
                tensors.put(dtype + "/" + shape, RandomTensors.of(random, DEVICE, dtype, shape));
            }
        }
        Tensor large = Tensor.arange(DEVICE, 0, 500_000).reshape(500, 1000);
        tensors.put("größe", large.t());
        Path path = folder.resolve("x.npz");
        save(path, tensors, compressed);
        try (Npz file = Npz.open(path)) {
            assertEquals(tensors.keySet().stream().sorted().toList(), file.names());
            for (var entry : tensors.entrySet()) {
                RandomTensors.assertSame(entry.getValue().copy(), file.tensor(entry.getKey(), DEVICE));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void equalTensorsMakeEqualBytesAnywhere(boolean compressed) throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        tensors.put("b", Tensor.full(DEVICE, DType.F32, Shape.of(100), 3));
        tensors.put("a", Tensor.full(DEVICE, DType.I8, Shape.of(3), 1));
        Path one = folder.resolve("one.npz");
        Path two = folder.resolve("two.npz");
        save(one, tensors, compressed);
        Map<String, Tensor> other = new LinkedHashMap<>();
        other.put("a", tensors.get("a"));
        other.put("b", tensors.get("b"));
        TimeZone zone = TimeZone.getDefault();
        try {
            TimeZone.setDefault(TimeZone.getTimeZone("Pacific/Auckland"));
            save(two, other, compressed);
        } finally {
            TimeZone.setDefault(zone);
        }
        assertArrayEquals(Files.readAllBytes(one), Files.readAllBytes(two));
    }

    @Test
    void readsAnArchiveMadeByHand() throws IOException {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("z.npy", one(7));
        members.put("folder/a.b.npy", one(8));
        Path path = Files.write(folder.resolve("hand.npz"), archive(members));
        try (Npz file = Npz.open(path)) {
            assertEquals(List.of("z", "folder/a.b"), file.names());
            assertEquals(7, file.tensor("z", DEVICE).item());
            assertEquals(8, file.tensor("folder/a.b", DEVICE).item());
            String message = String.valueOf(assertThrows(IllegalArgumentException.class, () -> file.tensor("y", DEVICE))
                    .getMessage());
            assertTrue(message.endsWith("has no tensor \"y\"; it has [z, folder/a.b]"), message);
        }
        assertThrows(NoSuchFileException.class, () -> Npz.open(folder.resolve("absent.npz")));
    }

    @Test
    void aClosedArchiveSaysSo() throws IOException {
        Path path = folder.resolve("closed.npz");
        Npz.write(path, Map.of("x", Tensor.ones(2)));
        Npz file = Npz.open(path);
        file.close();
        file.close();
        assertThrows(IllegalStateException.class, () -> file.tensor("x", DEVICE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../x.npy",
                "a/../../x.npy",
                "/etc/x.npy",
                "C:\\x.npy",
                "..\\x.npy",
                "x\u0000.npy",
                "x\n.npy",
                ".npy",
                "x.txt",
                "x",
                "folder/"
            })
    void namesThatAreNotPlainAreRefused(String name) throws IOException {
        byte[] archive = archive(Map.of(name, one(1)));
        assertRefused(directory(archive), "is not a plain name that ends in .npy", () -> load(archive));
    }

    @Test
    void namesThatCouldNotBeReadAreNotWritten() {
        for (String name : List.of("", "../x", "/x", "a\\b", "a\nb", "a/../b")) {
            Path path = folder.resolve("never.npz");
            assertThrows(IllegalArgumentException.class, () -> Npz.write(path, Map.of(name, Tensor.ones(1))));
            assertTrue(Files.notExists(path));
        }
    }

    @Test
    void twoMembersOfOneNameAreRefused() throws IOException {
        Map<String, byte[]> members = new LinkedHashMap<>();
        members.put("aa.npy", one(1));
        members.put("ab.npy", one(2));
        byte[] archive = archive(members);
        replaceAll(archive, "ab.npy", "aa.npy");
        int second = directory(archive) + 46 + "aa.npy".length();
        assertRefused(second, "member \"aa.npy\" comes twice", () -> load(archive));
    }

    /** The byte at which the list of members begins. */
    private static int directory(byte[] archive) {
        return new String(archive, StandardCharsets.ISO_8859_1).indexOf("PK\1\2");
    }

    private static void replaceAll(byte[] bytes, String from, String to) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1).replace(from, to);
        System.arraycopy(text.getBytes(StandardCharsets.ISO_8859_1), 0, bytes, 0, bytes.length);
    }

    @Test
    void membersThatShareBytesAreRefused() throws IOException {
        byte[] archive = archive(Map.of("x.npy", one(1)));
        // The central directory once more, so that two members have the same bytes.
        String text = new String(archive, StandardCharsets.ISO_8859_1);
        int directory = text.indexOf("PK\1\2");
        int end = text.indexOf("PK\5\6");
        int length = end - directory;
        byte[] shared = Arrays.copyOf(archive, archive.length + length);
        System.arraycopy(archive, directory, shared, end, length);
        System.arraycopy(archive, end, shared, end + length, archive.length - end);
        shared[end + 46] = 'y'; // first letter of the name
        shared[end + length + 8] = 2; // members on this disk
        shared[end + length + 10] = 2; // members
        shared[end + length + 12] = (byte) (2 * length); // bytes of the directory
        assertTrue(2 * length < 128);
        assertRefused(
                end,
                "members share bytes: up to \"y.npy\" they claim more than the file's " + shared.length,
                () -> load(shared));
    }

    @Test
    void aMemberMayNotClaimMoreThanItsBytesCanHold() throws IOException {
        byte[] zeros = new byte[5_000_000]; // compresses about a thousandfold
        byte[] npy = HostileFiles.npy("{'descr': '|u1', 'fortran_order': False, 'shape': (5000000,), }", zeros);
        byte[] archive = archive(Map.of("x.npy", npy));
        assertTrue(archive.length < 6000);
        load(archive);
        archive[directory(archive) + 27] = 0x7F; // size, highest byte: two gigabytes
        assertRefused(directory(archive), "compressed ones cannot hold", () -> load(archive));
    }

    /** Bytes that could be so many compressed ones, but are not: no memory is taken before that is known. */
    @ParameterizedTest
    @ValueSource(ints = {ZipEntry.STORED, ZipEntry.DEFLATED})
    void aMemberThatHoldsLessThanItClaimsTakesNoMemory(int method) throws IOException {
        byte[] noise = new byte[600_000];
        new Random(11).nextBytes(noise);
        byte[] npy = HostileFiles.npy("{'descr': '|u1', 'fortran_order': False, 'shape': (500000000,), }", noise);
        byte[] archive = lying(npy, method, npy.length - noise.length + 500_000_000);
        Device full = new Device("full", (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, asked, _) -> {
                    throw new AssertionError(asked + " although the file is broken");
                }));
        if (method == ZipEntry.STORED) {
            assertRefused(directory(archive), "stored ones cannot hold", () -> load(archive, full));
        } else {
            assertRefused(npy.length, "the member holds less than the 5000000", () -> load(archive, full));
        }
    }

    /** An archive with one member that claims another size. */
    private static byte[] lying(byte[] npy, int method, int size) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            ZipEntry member = new ZipEntry("x.npy");
            member.setMethod(method);
            CRC32 sum = new CRC32();
            sum.update(npy);
            member.setCrc(sum.getValue());
            member.setSize(npy.length);
            zip.putNextEntry(member);
            zip.write(npy);
            zip.closeEntry();
        }
        byte[] archive = bytes.toByteArray();
        ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN).putInt(directory(archive) + 24, size);
        return archive;
    }

    @Test
    void whatIsNoArchiveIsRefusedWhereItsListIsMissing() {
        assertRefused(0, "the zip archive is broken: ", () -> load(new byte[0]));
        assertRefused(100, "the zip archive is broken: ", () -> load(new byte[100]));
    }

    /** A complaint about a part has the byte of that part, also behind a comment and other bytes before the archive. */
    @Test
    void aBrokenListIsRefusedAtItsPlace() throws IOException {
        byte[] archive = valid(true);
        archive[directory(archive)] = 'Q';
        int end = new String(archive, StandardCharsets.ISO_8859_1).indexOf("PK\5\6");
        int list = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN).getInt(end + 16);
        assertRefused(list, "the zip archive is broken: ", () -> load(archive));
    }

    /** Compressed bytes that end too soon or make no sense are refused at the last byte that came out of them. */
    @Test
    void brokenCompressedBytesAreRefusedInWords() throws IOException {
        byte[] whole = valid(true);
        byte[] archive = whole.clone();
        int name = ByteBuffer.wrap(archive).order(ByteOrder.LITTLE_ENDIAN).getShort(26);
        archive[30 + name] |= 6; // a kind of block that does not exist
        assertRefused(0, "the zip archive is broken: invalid block type", () -> load(archive));
        byte[] noHeader = whole.clone();
        noHeader[0] = 'Q';
        assertRefused(0, "the zip archive is broken: ", () -> load(noHeader));
    }

    @Test
    void aMemberThatHoldsMoreThanItDeclaresIsRefused() throws IOException {
        byte[] npy = HostileFiles.npy("{'descr': '|u1', 'fortran_order': False, 'shape': (3,), }", new byte[1_000_000]);
        assertRefused(
                npy.length - 1_000_000,
                "shape [3] of U8 needs 3 bytes, but the file has 1000000",
                () -> load(archive(Map.of("x.npy", npy))));
    }

    @Test
    void aWrongChecksumIsRefused() throws IOException {
        Path path = folder.resolve("sum.npz");
        Npz.write(path, Map.of("x", Tensor.of(DEVICE, DType.U8, new byte[] {1, 2, 3, 99}, Shape.of(4))));
        byte[] archive = Files.readAllBytes(path);
        int directory = directory(archive);
        assertEquals(99, archive[directory - 1]);
        archive[directory - 1] = 98;
        assertRefused(128 + 4, "the checksum does not fit the bytes before it", () -> load(archive));
    }

    @Test
    void aPickleInAMemberIsRefused() throws IOException {
        byte[] npy = HostileFiles.npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", new byte[20]);
        Path path = Files.write(folder.resolve("pickle.npz"), archive(Map.of("x.npy", npy)));
        try (Npz file = Npz.open(path)) {
            TensorFormatException refusal = assertThrows(TensorFormatException.class, () -> file.tensor("x", DEVICE));
            assertEquals(path + "!x.npy", refusal.source());
            assertEquals(20, refusal.offset());
            assertTrue(refusal.reason().contains("Python objects in a pickle"), refusal.reason());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void everyFileCutShortIsRefused(boolean compressed) throws IOException {
        byte[] whole = valid(compressed);
        for (int size = 0; size < whole.length; size++) {
            byte[] cut = Arrays.copyOf(whole, size);
            assertThrows(TensorFormatException.class, () -> load(cut), "cut at " + size);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aFileWithFlippedBytesIsReadOrRefused(boolean compressed) throws IOException {
        byte[] whole = valid(compressed);
        Random random = new Random(9);
        for (int round = 0; round < 3_000; round++) {
            byte[] flipped = whole.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                load(flipped);
            } catch (TensorFormatException refusal) {
                assertTrue(refusal.reason().length() < 300, refusal.getMessage());
                assertTrue(refusal.offset() >= 0, refusal.getMessage());
                assertFalse(refusal.reason().contains("null"), refusal.getMessage());
            }
        }
    }

    private byte[] valid(boolean compressed) throws IOException {
        Random random = new Random(10);
        Path path = folder.resolve("valid.npz");
        Map<String, Tensor> tensors = Map.of(
                "a", RandomTensors.of(random, DEVICE, DType.F32, Shape.of(2, 3)),
                "two/b", RandomTensors.of(random, DEVICE, DType.BOOL, Shape.of(5)));
        save(path, tensors, compressed);
        return Files.readAllBytes(path);
    }
}
