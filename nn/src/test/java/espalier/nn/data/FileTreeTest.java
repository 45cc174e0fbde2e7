package espalier.nn.data;

import static espalier.nn.data.Packing.file;
import static espalier.nn.data.Packing.refusal;
import static espalier.nn.data.Packing.refuses;
import static espalier.nn.data.Packing.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders and zips of them, whole, damaged and hostile. */
class FileTreeTest {
    private static final byte[] ONE = {1};
    private static final byte[] TWO = {2, 2};
    private static final byte[] NOTHING = {};

    /** Where the list of contents has an entry's name, and where it has flags, checksum and unpacked size. */
    private static final int NAME = 46;

    private static final int FLAGS = 8;
    private static final int CHECKSUM = 16;
    private static final int SIZE = 24;

    @TempDir
    private Path folder;

    /** In an order of their own, as zips have it; "no-1" and "no.d" are before "no/" when whole names are sorted. */
    private static Object[] contents(String top) {
        return new Object[] {
            top + "train/yes/2.wav", TWO,
            top + "train/no/b.wav", ONE,
            top + "train/no-1/a.wav", ONE,
            top + "train/no/a/deeper.wav", ONE,
            top + "train/.hidden/a.wav", ONE,
            top + "train/no.d/x", ONE,
            top + "train/no/a.wav", TWO,
            top + "train/no/.a.wav", ONE,
            top + "train/stray.wav", ONE,
            top + "train/none/", NOTHING,
            top + "train/yes/10.wav", ONE,
            top + "read.me", TWO,
        };
    }

    private Path unpacked(Object... contents) throws IOException {
        Path root = Files.createDirectory(folder.resolve("plain"));
        for (int i = 0; i < contents.length; i += 2) {
            Path path = root.resolve((String) contents[i]);
            if (((String) contents[i]).endsWith("/")) {
                Files.createDirectories(path);
            } else {
                Files.createDirectories(path.getParent());
                Files.write(path, (byte[]) contents[i + 1]);
            }
        }
        return root;
    }

    private static void assertHoldsTheContents(Path source) throws IOException {
        try (FileTree files = FileTree.open(source)) {
            assertEquals(List.of("train"), files.folders(""));
            assertEquals(List.of("read.me"), files.files(""));
            assertEquals(List.of("no", "no-1", "no.d", "none", "yes"), files.folders("train"));
            assertEquals(List.of("stray.wav"), files.files("train"));
            assertEquals(List.of("a"), files.folders("train/no"));
            assertEquals(List.of("a.wav", "b.wav"), files.files("train/no"));
            assertEquals(List.of("10.wav", "2.wav"), files.files("train/yes"));
            assertEquals(List.of(), files.files("train/none"));
            assertArrayEquals(TWO, files.read("train/no/a.wav", 2));
            assertArrayEquals(ONE, files.read("train/yes/10.wav", 2));
        }
    }

    @Test
    void aFolderAndItsZipsAreTheSame() throws IOException {
        assertHoldsTheContents(unpacked(contents("")));
        assertHoldsTheContents(file(folder, "bare.zip", zip(contents(""))));
        assertHoldsTheContents(file(folder, "topped.zip", zip(contents("words/"))));
        Object[] apple = {"__MACOSX/words/train/yes/._2.wav", ONE, ".DS_Store", ONE, "words/", NOTHING};
        Object[] all = Arrays.copyOf(apple, apple.length + contents("").length);
        System.arraycopy(contents("words/"), 0, all, apple.length, contents("").length);
        assertHoldsTheContents(file(folder, "apple.zip", zip(all)));
    }

    @Test
    void whatIsNotThere() throws IOException {
        Path missing = folder.resolve("missing.zip");
        refuses("is not there", missing, () -> FileTree.open(missing));
        Path zip = file(folder, "a.zip", zip("a/b", ONE, "c", ONE));
        Path plain = unpacked("a/b", ONE, "c", ONE);
        try (FileTree zipped = FileTree.open(zip);
                FileTree files = FileTree.open(plain)) {
            for (String name : List.of("b", "a/b", "c")) {
                refuses(name + ": is no folder", zip, () -> zipped.files(name));
                refuses("is no folder", plain.resolve(name), () -> files.files(name));
            }
            refuses("a/c: is not there", zip, () -> zipped.read("a/c", 9));
            refuses("is not there", plain.resolve("a/c"), () -> files.read("a/c", 9));
        }
    }

    @Test
    void noZipAtAll() throws IOException {
        for (byte[] other :
                List.of(NOTHING, ONE, "no zip, but a text of some length".getBytes(StandardCharsets.UTF_8))) {
            Path text = file(folder, "a.zip", other);
            assertTrue(refusal(text, () -> FileTree.open(text)).startsWith("is no zip file, or a damaged one: "));
        }
    }

    @Test
    void namesThatLeadNowhere() throws IOException {
        for (String name :
                List.of("../x.wav", "/x.wav", "a/../x.wav", "a//x.wav", "./x.wav", "a/..", "..", "/", "a/./")) {
            Path zip = file(folder, "a.zip", zip("a/y.wav", ONE, name, ONE));
            refuses(
                    name + ": is no name of a file in a folder; zip the folder itself, from the one above it",
                    zip,
                    () -> FileTree.open(zip));
        }
        for (String name : List.of("a\\x.wav", "..\\x.wav", "a/x\n.wav", "a\0.wav")) {
            Path zip = file(folder, "a.zip", zip("a/y.wav", ONE, name, ONE));
            refuses(
                    name.replaceAll("[\\n\\00]", "?")
                            + ": has a character in its name that can be in none; folders are parted by /",
                    zip,
                    () -> FileTree.open(zip));
        }
        String endless = "a/".repeat(30_000) + "../x";
        Path zip = file(folder, "a.zip", zip(endless, ONE));
        assertTrue(refusal(zip, () -> FileTree.open(zip)).startsWith("a/".repeat(60) + "…: is no name"));
    }

    /** The zip with four bytes of its list of contents, of the entry of this name, made others. */
    private static byte[] saying(byte[] zip, String name, int at, int value) {
        byte[] changed = zip.clone();
        ByteBuffer bytes = ByteBuffer.wrap(changed).order(ByteOrder.LITTLE_ENDIAN);
        byte[] wanted = name.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < zip.length - NAME - wanted.length; i++) {
            if (bytes.getInt(i) == 0x02014B50
                    && Arrays.equals(zip, i + NAME, i + NAME + wanted.length, wanted, 0, wanted.length)) {
                bytes.putInt(i + at, value);
            }
        }
        return changed;
    }

    @Test
    void whatItSaysOfSizesIsNotBelieved() throws IOException {
        byte[] honest = zip("a", ONE, "b", new byte[100_000]);
        Path much = file(folder, "much.zip", saying(honest, "a", SIZE, -2));
        Path little = file(folder, "little.zip", saying(honest, "b", SIZE, 1));
        try (FileTree files = FileTree.open(much);
                FileTree zeros = FileTree.open(little)) {
            assertArrayEquals(ONE, files.read("a", 1));
            refuses("b: is larger than 99999 bytes", little, () -> zeros.read("b", 99_999));
            assertEquals(100_000, zeros.read("b", 100_000).length);
        }
    }

    @Test
    void noMoreIsUnpackedInAllThanSaid() throws IOException {
        Path zip = file(folder, "a.zip", zip("a", new byte[1000], "b", new byte[1000]));
        try (FileTree files = new ZipTree(zip, 2000)) {
            assertEquals(1000, files.read("a", 5000).length);
            assertEquals(1000, files.read("b", 5000).length);
        }
        try (FileTree files = new ZipTree(zip, 1999)) {
            assertEquals(1000, files.read("a", 5000).length);
            refuses(
                    "b: is not read: with those before it, the zip unpacks to more than it may",
                    zip,
                    () -> files.read("b", 5000));
        }
    }

    @Test
    void anotherChecksum() throws IOException {
        Path zip = file(folder, "a.zip", saying(zip("a", ONE), "a", CHECKSUM, 7));
        try (FileTree files = FileTree.open(zip)) {
            refuses("a: is damaged: its bytes have another checksum than the zip says", zip, () -> files.read("a", 9));
        }
    }

    @Test
    void lockedWithAPassword() throws IOException {
        byte[] open = zip("a", ONE);
        int flags = ByteBuffer.wrap(open).order(ByteOrder.LITTLE_ENDIAN).getInt(6);
        Path zip = file(folder, "a.zip", saying(open, "a", FLAGS, flags | 1));
        refuses(
                "is no zip file, or a damaged one: invalid CEN header (encrypted entry)",
                zip,
                () -> FileTree.open(zip));
    }

    @Test
    void oneNameTwice() throws IOException {
        String text = new String(zip("dir/aaa", ONE, "dir/bbb", TWO), StandardCharsets.ISO_8859_1);
        byte[] twice = text.replace("dir/bbb", "dir/aaa").getBytes(StandardCharsets.ISO_8859_1);
        Path zip = file(folder, "a.zip", twice);
        refuses("dir/aaa: is there twice", zip, () -> FileTree.open(zip));
    }

    /** Whatever single byte is wrong: the right bytes come, or one sentence. */
    @Test
    void anyByteDamaged() throws IOException {
        byte[] content = "some text, ".repeat(20).getBytes(StandardCharsets.UTF_8);
        byte[] whole = zip("d/a", content, "d/b", content);
        int refused = 0;
        for (int i = 0; i < whole.length; i++) {
            for (int bit : new int[] {1, 0x80, 0xFF}) {
                byte[] damaged = whole.clone();
                damaged[i] ^= (byte) bit;
                Path zip = file(folder, "a.zip", damaged);
                try (FileTree files = FileTree.open(zip)) {
                    for (String name : files.files("")) {
                        assertArrayEquals(content, files.read(name, 1000), "byte " + i);
                    }
                } catch (DataFileException e) {
                    refused++;
                    assertTrue(e.getMessage().startsWith(zip + ": "), e.getMessage());
                    assertTrue(e.getMessage().chars().noneMatch(Character::isISOControl), e.getMessage());
                }
            }
        }
        assertTrue(refused > whole.length, refused + " of " + 3 * whole.length);
    }
}
