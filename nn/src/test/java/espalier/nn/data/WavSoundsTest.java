package espalier.nn.data;

import static espalier.nn.data.Packing.file;
import static espalier.nn.data.Packing.refusal;
import static espalier.nn.data.Packing.refuses;
import static espalier.nn.data.Packing.zip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WAV files in folders and zips, whole and damaged. */
class WavSoundsTest {
    private static final List<String> CLASSES = List.of("zero", "one");

    @TempDir
    private Path folder;

    private static void tag(ByteBuffer bytes, String name, int size) {
        bytes.put(name.getBytes(StandardCharsets.US_ASCII)).putInt(size);
    }

    /** A WAVE file with an unknown chunk of odd length in the middle. */
    private static byte[] wav(int format, int channels, int bits, short... samples) {
        return wav(format, channels, bits, 8000, samples);
    }

    private static byte[] wav(int format, int channels, int bits, int rate, short... samples) {
        int data = 2 * samples.length;
        ByteBuffer bytes = ByteBuffer.allocate(12 + 24 + 12 + 8 + data).order(ByteOrder.LITTLE_ENDIAN);
        tag(bytes, "RIFF", 48 + data);
        bytes.put("WAVE".getBytes(StandardCharsets.US_ASCII));
        tag(bytes, "fmt ", 16);
        bytes.putShort((short) format).putShort((short) channels).putInt(rate).putInt(2 * rate);
        bytes.putShort((short) 2).putShort((short) bits);
        tag(bytes, "LIST", 3);
        bytes.putInt(0);
        tag(bytes, "data", data);
        for (short sample : samples) {
            bytes.putShort(sample);
        }
        return bytes.array();
    }

    private static final byte[] SOUND = wav(1, 1, 16, (short) 16384, (short) -32768, (short) 1);

    private static WavSounds read(Path source) throws IOException {
        return WavSounds.read(source, 4, name -> name.charAt(0) - '0', CLASSES);
    }

    private static float[] sample(WavSounds sounds, int index) {
        float[] values = new float[4];
        sounds.copySample(index, values, 0);
        return values;
    }

    @Test
    void aFolder() throws IOException {
        file(folder, "1_b.wav", SOUND);
        file(folder, "0_a.wav", wav(1, 1, 16, (short) 1, (short) 2, (short) 3, (short) 4, (short) 5));
        file(folder, "notes.txt", new byte[1]);
        WavSounds sounds = read(folder);
        assertEquals(2, sounds.size());
        assertEquals(Shape.of(1, 4), sounds.sampleShape());
        assertEquals(0, sounds.label(0));
        assertEquals(1, sounds.label(1));
        assertArrayEquals(new float[] {1 / 32768f, 2 / 32768f, 3 / 32768f, 4 / 32768f}, sample(sounds, 0));
        assertArrayEquals(new float[] {0.5f, -1, 1 / 32768f, 0}, sample(sounds, 1), "cut, and filled with silence");
        assertEquals(1, sounds.cut());
        assertEquals(
                0,
                WavSounds.read(folder, 5, name -> name.charAt(0) - '0', CLASSES).cut());
    }

    @Test
    void aZipInTheOrderOfNames() throws IOException {
        Path zip = file(folder, "a.zip", zip("x/1_z.wav", SOUND, "x/readme", new byte[3], "x/0_a.wav", SOUND));
        WavSounds sounds = read(zip);
        assertEquals(2, sounds.size());
        assertEquals(0, sounds.label(0));
        assertEquals(1, sounds.label(1));
    }

    @Test
    void theNamesAndTheRateAreThoseOfTheFiles() throws IOException {
        WavSounds sounds = read(file(folder, "a.zip", zip("x/1_a.wav", SOUND, "x/0_z.wav", SOUND)));
        assertEquals(8000, sounds.rate());
        assertEquals("0_z.wav", sounds.name(0));
        assertEquals("1_a.wav", sounds.name(1));
        Path zip = file(folder, "b.zip", zip("0.wav", SOUND, "1.wav", wav(1, 1, 16, 44_100, (short) 1)));
        refuses("1.wav has 44100 samples a second, 0.wav has 8000; bring all to one rate", zip, () -> read(zip));
    }

    @Test
    void aFolderForEachClass() throws IOException {
        Path yes = Files.createDirectories(folder.resolve("yes"));
        Path no = Files.createDirectories(folder.resolve("no"));
        file(Files.createDirectories(folder.resolve(".trash")), "old.wav", SOUND);
        Files.createDirectories(folder.resolve("none"));
        file(folder, "stray.wav", SOUND);
        file(yes, "b.wav", SOUND);
        file(yes, "a.wav", wav(1, 1, 16, (short) 8192));
        file(yes, ".c.wav", SOUND);
        file(no, "a.wav", SOUND);
        WavSounds sounds = WavSounds.readFolders(folder, 4);
        assertEquals(List.of("no", "none", "yes"), sounds.classes());
        assertEquals(3, sounds.size());
        assertEquals(0, sounds.label(0));
        assertEquals(2, sounds.label(1));
        assertEquals(2, sounds.label(2));
        assertArrayEquals(new float[] {0.25f, 0, 0, 0}, sample(sounds, 1));
        file(no, "0.wav", wav(1, 1, 16, 16_000, (short) 1));
        refuses(
                "a.wav has 8000 samples a second, 0.wav has 16000; bring all to one rate",
                folder,
                () -> WavSounds.readFolders(folder, 4));
    }

    @Test
    void foldersThatHoldNoSounds() throws IOException {
        Files.createDirectories(folder.resolve("yes"));
        refuses(
                "has 1 folders with no .wav files in them; there must be one for each class",
                folder,
                () -> WavSounds.readFolders(folder, 4));
        Path missing = folder.resolve("missing");
        refuses("is not there", missing, () -> WavSounds.readFolders(missing, 4));
    }

    @Test
    void silenceInFront() throws IOException {
        file(folder, "0_a.wav", wav(1, 1, 16, (short) 1, (short) 2, (short) 3, (short) 4, (short) 5));
        file(folder, "1_b.wav", SOUND);
        WavSounds sounds = read(folder).withSilenceFirst();
        assertArrayEquals(new float[] {1 / 32768f, 2 / 32768f, 3 / 32768f, 4 / 32768f}, sample(sounds, 0));
        float[] used = {9, 9, 9, 9, 9, 9};
        sounds.copySample(1, used, 1);
        assertArrayEquals(new float[] {9, 0, 0.5f, -1, 1 / 32768f, 9}, used);
    }

    @Test
    void namesThatGiveNoLabel() throws IOException {
        Path zip = file(folder, "a.zip", zip("7_a.wav", SOUND));
        refuses("the name of 7_a.wav gives label 7 of 2 classes", zip, () -> read(zip));
    }

    @Test
    void nothingInside() throws IOException {
        refuses("holds no .wav files", folder, () -> read(folder));
        Path missing = folder.resolve("missing.zip");
        refuses("is not there", missing, () -> read(missing));
        Path zip = file(folder, "a.zip", zip("a.txt", SOUND));
        refuses("holds no .wav files", zip, () -> read(zip));
    }

    @Test
    void aSoundTruncatedAnywhere() throws IOException {
        for (int length = 0; length < SOUND.length; length++) {
            Path wav = file(folder, "0.wav", Arrays.copyOf(SOUND, length));
            String said = refusal(wav, () -> read(folder));
            String expected = length < 12 ? "is no RIFF" : length < 36 ? "mono|chunk of 16" : "no data|chunk of";
            assertTrue(Arrays.stream(expected.split("\\|")).anyMatch(said::contains), "cut at " + length + ": " + said);
        }
    }

    @Test
    void aZipTruncatedAnywhere() throws IOException {
        byte[] whole = zip("0_a.wav", SOUND, "1_b.wav", SOUND);
        for (int length = 0; length < whole.length; length++) {
            Path zip = file(folder, "a.zip", Arrays.copyOf(whole, length));
            assertTrue(refusal(zip, () -> read(zip)).startsWith("is no zip file, or a damaged one: "));
        }
    }

    @Test
    void otherFormats() throws IOException {
        for (byte[] other : List.of(
                wav(3, 1, 16, (short) 1), wav(1, 2, 16, (short) 1), wav(1, 1, 8, (short) 1), wav(1, 1, 24, (short)
                        1))) {
            Path wav = file(folder, "0.wav", other);
            refuses("is not mono 16-bit PCM", wav, () -> read(folder));
        }
    }

    @Test
    void lyingChunks() throws IOException {
        byte[] bytes = SOUND.clone();
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(52, -1);
        Path wav = file(folder, "0.wav", bytes);
        refuses("byte 48: has a chunk of 4294967295 bytes, of which 6 are there", wav, () -> read(folder));
    }

    @Test
    void whatUnpacksToTooMuchIsNotUnpacked() throws IOException {
        Path zip = file(folder, "bomb.zip", zip("0.wav", new byte[(1 << 24) + 1]));
        refuses("0.wav: is larger than 16777216 bytes", zip, () -> read(zip));
        Files.delete(zip);
    }

    @Test
    void damagedSoundsInAZipAreNamed() throws IOException {
        Path zip = file(folder, "a.zip", zip("words/yes/a.wav", SOUND, "words/no/b.wav", wav(1, 2, 16, (short) 1)));
        refuses("words/no/b.wav: is not mono 16-bit PCM", zip, () -> WavSounds.readFolders(zip, 4));
        Path none = file(folder, "b.zip", zip("words/yes/a.txt", SOUND, "words/no/", new byte[0]));
        refuses(
                "has 2 folders with no .wav files in them; there must be one for each class",
                none,
                () -> WavSounds.readFolders(none, 4));
        Path rates = file(folder, "c.zip", zip("words/yes/a.wav", SOUND, "words/no/b.wav", wav(1, 1, 16, 44_100)));
        refuses(
                "a.wav has 8000 samples a second, b.wav has 44100; bring all to one rate",
                rates,
                () -> WavSounds.readFolders(rates, 4));
    }

    @Test
    void aZipIsReadAsTheFolderItWasMadeOf() throws IOException {
        String[] names = {"train/yes/2.wav", "train/no/7.wav", "train/no-1/a.wav", "train/yes/10.wav", "val/no/1.wav"};
        Object[] contents = new Object[2 * names.length];
        Path words = folder.resolve("words");
        for (int i = 0; i < names.length; i++) {
            byte[] sound = wav(1, 1, 16, Arrays.copyOf(new short[] {(short) (100 + i), 2, (short) -i, 4, 5}, 1 + i));
            contents[2 * i] = "words/" + names[i];
            contents[2 * i + 1] = sound;
            Files.createDirectories(words.resolve(names[i]).getParent());
            Files.write(words.resolve(names[i]), sound);
        }
        Path zip = file(folder, "words.zip", zip(contents));
        try (FileTree plain = FileTree.open(words);
                FileTree zipped = FileTree.open(zip)) {
            for (String part : List.of("train", "val")) {
                WavSounds expected = WavSounds.readFolders(plain, part, 4);
                WavSounds got = WavSounds.readFolders(zipped, part, 4);
                assertEquals(part.equals("val") ? List.of("no") : List.of("no", "no-1", "yes"), got.classes());
                assertEquals(expected.classes(), got.classes());
                assertEquals(expected.size(), got.size());
                assertEquals(expected.rate(), got.rate());
                for (int i = 0; i < expected.size(); i++) {
                    assertEquals(expected.name(i), got.name(i));
                    assertEquals(expected.label(i), got.label(i));
                    assertArrayEquals(sample(expected, i), sample(got, i));
                }
            }
            assertEquals(
                    List.of("7.wav", "a.wav", "10.wav", "2.wav"), namesOf(WavSounds.readFolders(zipped, "train", 4)));
        }
    }

    private static List<String> namesOf(WavSounds sounds) {
        return IntStream.range(0, sounds.size()).mapToObj(sounds::name).toList();
    }
}
