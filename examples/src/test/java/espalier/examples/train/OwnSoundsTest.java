package espalier.examples.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.examples.Tones;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A folder of a user's own recordings: learned by a recurrent network, evaluated, and refused where such do not fit.
 */
class OwnSoundsTest {
    @TempDir
    private Path folder;

    private static Console done(String command) {
        Console done = Console.run(command);
        assertEquals(0, done.status(), done.err());
        return done;
    }

    private static void refused(String command, String sentence) {
        Console done = Console.run(command);
        assertEquals(2, done.status(), done.out());
        assertEquals(sentence + "\n", done.err());
    }

    @Test
    void trainedEvaluatedAndGoneOnWith() throws Exception {
        Path words = Tones.write(folder.resolve("words"), 16, 4, "no", "perhaps", "yes");
        String on = " --threads 1 --data " + words;
        for (String model : new String[] {"fastgrnn", "gru"}) {
            Path out = folder.resolve(model);
            String command = "train --batch 8 --lr 0.05 --schedule constant --model " + model + on + " --out " + out;
            Console first = done(command + " --epochs 4");
            assertTrue(first.out().startsWith("words has 3 classes: " + model), first.out());
            assertTrue(first.out().contains(" examples/s "), first.out());
            done("train --resume --epochs 10 --out " + out);
            Path file = out.resolve("model.safetensors");
            try (SafeTensors saved = SafeTensors.open(file)) {
                assertEquals(Map.of("model", model, "classes", "3", "data", "words"), saved.metadata());
            }
            assertEquals(
                    model + " for 3 classes on words: accuracy 100.00 % (12 of 12), macro F1 1.0000\n",
                    done("eval" + on + " --model-file " + file).out());
        }
    }

    @Test
    void aZipTrainsTheNetworkThatItsFolderDoes() throws Exception {
        Path words = Tones.write(folder.resolve("words"), 4, 2, "no", "no-1", "yes");
        Path zip = Tones.zipped(words);
        List<Map<String, Tensor>> trained = new ArrayList<>();
        for (Path data : List.of(words, zip)) {
            Path out = folder.resolve("of-" + data.getFileName());
            done("train --batch 4 --epochs 2 --model fastgrnn --threads 1 --data " + data + " --out " + out);
            try (SafeTensors saved = SafeTensors.open(out.resolve("model.safetensors"))) {
                trained.add(saved.tensors(Device.reference()));
            }
        }
        assertEquals(trained.get(0).keySet(), trained.get(1).keySet());
        trained.get(0)
                .forEach((name, of) -> assertArrayEquals(
                        of.toFloats(), trained.get(1).get(name).toFloats(), name));
        Path file = folder.resolve("of-words.zip").resolve("model.safetensors");
        String said = done("eval --threads 1 --model-file " + file + " --data " + words)
                .out();
        assertEquals(
                said.replace(" on words:", " on words.zip:"),
                done("eval --threads 1 --model-file " + file + " --data " + zip).out());
    }

    @Test
    void itIsSaidHowManyAreCut() throws Exception {
        Path words = Tones.write(folder.resolve("words"), 2, 1, "no", "yes");
        String command = "train --epochs 1 --model fastgrnn --threads 1 --data " + words + " --out ";
        String whole = done(command + folder.resolve("whole")).out();
        assertFalse(whole.contains("longer"), whole);
        Files.write(words.resolve("train").resolve("no").resolve("0.wav"), Tones.wav(0, 310)); // 8,200 samples
        Files.write(words.resolve("val").resolve("yes").resolve("2.wav"), Tones.wav(3, 400));
        String cut = done(command + folder.resolve("cut")).out();
        assertTrue(cut.contains("\nwords: 2 of 6 recordings are longer than 1.02 s, and cut off there\n"), cut);
    }

    @Test
    void zipsThatHoldNoDataAreRefused() throws Exception {
        Path words = Tones.write(folder.resolve("words"), 1, 1, "no", "yes");
        String to = " --out " + folder.resolve("run");
        Path train = Tones.zipped(words.resolve("train"));
        refused(
                "train --model gru --data " + train + to,
                "examples/run train: " + train
                        + ": holds neither spoken digits nor folders train and val with a folder of sounds for each class");
        Path zip = Tones.zipped(words);
        refused(
                "train --model lenet5 --data " + zip + to,
                "examples/run train: " + zip
                        + ": is a zip, which only networks for sounds read, by train and eval; unpack it");
        byte[] whole = Files.readAllBytes(zip);
        Files.write(zip, Arrays.copyOf(whole, whole.length / 2));
        refused(
                "train --model gru --data " + zip + to,
                "examples/run train: " + zip + ": is no zip file, or a damaged one: zip END header not found");
        Path missing = folder.resolve("missing.zip");
        Console done = Console.run("train --model gru --data " + missing + to);
        assertEquals(2, done.status());
        assertTrue(done.err().startsWith("examples/run train: there is no data called " + missing), done.err());
        Files.move(words.resolve("val"), words.resolve("spare"));
        Path half = Tones.zipped(words);
        refused(
                "train --model gru --data " + half + to,
                "examples/run train: " + half
                        + ": has a folder train to learn from, but neither val nor test to be judged by");
    }

    @Test
    void whatTakesImagesOnlySaysSo() throws Exception {
        Path words = Tones.write(folder.resolve("words"), 2, 1, "no", "yes");
        String on = " --threads 1 --data " + words + " ";
        Path out = folder.resolve("run");
        done("train --epochs 1 --model fastgrnn" + on + "--out " + out);
        Path file = out.resolve("model.safetensors");
        String why =
                ": model fastgrnn takes sound, and recurrent networks cannot be packed; train, eval, summary, graph and"
                        + " bench train take it";
        String to = " --out " + folder.resolve("packed");
        refused("compress --method magnitude --model fastgrnn --data " + words + to, "examples/run compress" + why);
        refused("cut " + file, "examples/run cut" + why);
        refused("ledger " + file, "examples/run ledger" + why);
        refused("sensitivity" + on + "--model-file " + file, "examples/run sensitivity" + why);
        refused("compare" + on + file + " " + file, "examples/run compare" + why);
        refused("curve" + on + "a=" + file + " b=" + file, "examples/run curve" + why);
        refused("bench infer --model fastgrnn", "examples/run bench" + why);
    }

    @Test
    void soundsAndImagesAreNotMixed() throws Exception {
        Path words = Tones.write(folder.resolve("words"), 2, 1, "no", "yes");
        String to = " --out " + folder.resolve("run");
        refused(
                "train --model gru" + to,
                "examples/run train: model gru takes sounds [1, 8192], fashion-tenth has images [1, 28, 28]");
        refused(
                "train --data " + words + to,
                "examples/run train: " + words.resolve("train")
                        + ": has 0 PNG and JPEG files; there must be some, and 2 GB of pixels at most");
        Path pictures = Pictures.write(folder.resolve("pets"), 2, 1, "cat", "dog");
        refused(
                "train --model gru --data " + pictures + to,
                "examples/run train: " + pictures.resolve("train")
                        + ": has 2 folders with no .wav files in them; there must be one for each class");
    }

    @Test
    void anotherRateIsRefused() throws Exception {
        Path words = Tones.write(folder.resolve("words"), 1, 1, "no", "yes");
        for (String name : new String[] {"no", "yes"}) {
            Files.write(words.resolve("val").resolve(name).resolve("1.wav"), Tones.fast());
        }
        refused(
                "train --model gru --data " + words + " --out " + folder.resolve("run"),
                "examples/run train: " + words.resolve("val")
                        + ": has 16000 samples a second, the networks for sound take 8000; convert each file, for example"
                        + " with: sox IN.wav -r 8000 OUT.wav");
    }
}
