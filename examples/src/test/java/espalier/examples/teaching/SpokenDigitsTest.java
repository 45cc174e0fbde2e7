package espalier.examples.teaching;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.examples.Tones;
import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.nn.data.Dataset;
import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The example in its short form, on tones instead of voices: each digit has a pitch of its own. */
class SpokenDigitsTest {
    private static final int RECORDINGS = 20;

    @TempDir
    private Path folder;

    /** {@code folder/recordings} with so many recordings of each digit, as the data set is laid out. */
    private void record() throws IOException {
        Path recordings = Files.createDirectories(folder.resolve("recordings"));
        for (int digit = 0; digit < 10; digit++) {
            for (int i = 0; i < RECORDINGS; i++) {
                Files.write(recordings.resolve(digit + "_flute_" + i + ".wav"), Tones.wav(digit, i));
            }
        }
    }

    @Test
    void itLearnsToTellTonesApart() throws IOException {
        record();
        for (String cell : List.of("fastgrnn", "gru")) {
            Console done = Console.run("spoken-digits --epochs 8 --cell " + cell + " --data " + folder);
            assertEquals(0, done.status(), done.out() + done.err());
            assertTrue(done.out().contains("epoch 8: test accuracy"), done.out());
            assertTrue(done.out().contains("expected at least 0.3000: met"), done.out());
        }
    }

    @Test
    void aZipOfTheRecordingsOrOfTheWholeCloneIsReadAsTheFolder() throws IOException {
        record();
        Files.write(folder.resolve("README.md"), new byte[1]);
        Split expected = new DataCatalog(List.of()).read(folder.toString());
        for (Path of : List.of(folder.resolve("recordings"), folder)) {
            Path zip = Tones.zipped(of);
            Split split = new DataCatalog(List.of()).read(zip.toString(), Shape.of(1, 8192));
            assertEquals(zip.getFileName().toString(), split.name());
            assertSame(expected.train(), split.train());
            assertSame(expected.test(), split.test());
            Files.delete(zip);
        }
    }

    private static void assertSame(Dataset expected, Dataset got) {
        assertEquals(expected.size(), got.size());
        float[] one = new float[8192];
        float[] other = new float[8192];
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.label(i), got.label(i));
            expected.copySample(i, one, 0);
            got.copySample(i, other, 0);
            assertArrayEquals(one, other);
        }
    }

    @Test
    void theFirstFiveOfEachDigitAreHeldBack() throws IOException {
        record();
        Split split = new DataCatalog(List.of()).read(folder.toString());
        assertEquals(10 * (RECORDINGS - 5), split.train().size());
        assertEquals(50, split.test().size());
        for (int digit = 0; digit < 10; digit++) {
            for (int i = 0; i < 5; i++) {
                assertEquals(digit, split.test().label(5 * digit + i));
            }
        }
        // All end together: the longest of the held back begins first.
        float[] samples = new float[8192];
        split.test().copySample(4, samples, 0);
        assertEquals(0, samples[8192 - 2080 - 1]);
        assertTrue(samples[8191] != 0, "the last sample is of the tone");
    }

    @Test
    void aRecordingOfAnotherNameIsRefused() throws IOException {
        record();
        Files.write(folder.resolve("recordings").resolve("seven.wav"), Tones.wav(7, 0));
        Console done = Console.run("spoken-digits --data " + folder);
        assertEquals(2, done.status());
        assertEquals(
                "examples/run spoken-digits: " + folder.resolve("recordings")
                        + ": the name of seven.wav gives label -1 of 10 classes\n",
                done.err());
    }

    @Test
    void anotherRateIsRefused() throws IOException {
        Path recordings = Files.createDirectories(folder.resolve("recordings"));
        Files.write(recordings.resolve("7_flute_0.wav"), Tones.fast());
        assertEquals(
                "examples/run spoken-digits: " + recordings
                        + ": has 16000 samples a second, the networks for sound take 8000; convert each file, for example"
                        + " with: sox IN.wav -r 8000 OUT.wav\n",
                Console.run("spoken-digits --data " + folder).err());
    }

    @Test
    void whereTheDataIsNotThereItSaysHowToGetIt() {
        DataCatalog nowhere = new DataCatalog(List.of(folder));
        var thrown = assertThrows(IOException.class, () -> nowhere.read("fsdd"));
        assertEquals(
                "fsdd is not under any of [" + folder
                        + "]; get it with: git clone https://github.com/Jakobovski/free-spoken-digit-dataset data/fsdd,"
                        + " or name the folder that holds it",
                thrown.getMessage());
    }
}
