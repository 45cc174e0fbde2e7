package espalier.examples.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user's own folder of pictures, with another number of classes than any model is published with. */
class OwnPicturesTest {
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
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(done.err().contains(sentence), done.err());
    }

    private Path trained(String model, Path data) {
        Path out = folder.resolve(model);
        Console done = done("train --threads 1 --epochs 2 --batch 8 --lr 0.02 --model " + model + " --data " + data
                + " --out " + out);
        String sentence = "pets has 3 classes: " + model + " gets as many outputs, instead of the published 10";
        assertEquals(sentence, done.out().lines().findFirst().orElseThrow());
        return out.resolve("model.safetensors");
    }

    private static Map<String, String> metadata(Path file) throws IOException {
        try (SafeTensors saved = SafeTensors.open(file)) {
            return saved.metadata();
        }
    }

    @Test
    void everyCommandOpensANetworkOfThreeClasses() throws Exception {
        Path data = Pictures.write(folder.resolve("pets"), 12, 4, "bird", "cat", "dog");
        Path model = trained("lenet5-bn", data);
        assertEquals(Map.of("model", "lenet5-bn", "classes", "3", "data", "pets"), metadata(model));
        try (SafeTensors saved = SafeTensors.open(model)) {
            assertEquals(Shape.of(3, 500), saved.entry("fc2.weight").shape());
        }
        String on = " --threads 1 --data " + data + " ";
        String said = done("eval" + on + "--model-file " + model).out();
        assertTrue(said.startsWith("lenet5-bn for 3 classes on pets: accuracy "), said);
        assertTrue(said.contains(" of 12)"), said);

        Path recipe = Files.writeString(
                folder.resolve("half.recipe"),
                "data = " + data
                        + "\nbatch = 8\n[magnitude]\ngranularity = filter\nsparsity = 0.5\n[retrain]\nepochs = 1\n");
        Path half = folder.resolve("half");
        done("compress --recipe " + recipe + " --model-file " + model + " --out " + half);
        assertEquals("3", metadata(half.resolve("model.safetensors")).get("classes"));
        done("eval" + on + "--model-file " + half.resolve("model.safetensors"));

        done("cut " + model + " --select conv1.weight:0:3,7");
        Path cut = model.resolveSibling("cut.safetensors");
        assertEquals("3", metadata(cut).get("classes"));
        done("eval" + on + "--model-file " + cut);
        String costs = done("ledger " + cut).out();
        assertTrue(costs.contains("(lenet5-bn for 3 classes)"), costs);
        done("sensitivity" + on + "--model-file " + model);
        done("compare --no-times" + on + model + " " + half);
        done("curve" + on + "dense=" + model + " half=" + half);
    }

    @Test
    void picturesAreBroughtToTheSizeAndChannelsOfTheModel() throws Exception {
        Path data = Pictures.write(folder.resolve("pets"), 3, 1, "bird", "cat", "dog");
        Path model = trained("resnet20", data);
        try (SafeTensors saved = SafeTensors.open(model)) {
            assertEquals(Shape.of(3, 64), saved.entry("classifier.weight").shape());
        }
    }

    @Test
    void aFileThatDoesNotSayHowManyShowsItByItsLastBias() throws Exception {
        Path data = Pictures.write(folder.resolve("pets"), 3, 1, "bird", "cat", "dog");
        Path model = trained("lenet300", data);
        String evaluate = "eval --threads 1 --data " + data + " --model-file ";
        Path old = folder.resolve("old.safetensors");
        try (SafeTensors saved = SafeTensors.open(model)) {
            SafeTensors.write(old, saved.tensors(Device.cpu()), Map.of("model", "lenet300"));
            assertEquals(done(evaluate + model).out(), done(evaluate + old).out());
            for (String wrong : new String[] {"4", "0", "three", "1000000"}) {
                Map<String, String> metadata = new HashMap<>(saved.metadata());
                metadata.put("classes", wrong);
                SafeTensors.write(old, saved.tensors(Device.cpu()), metadata);
                assertEquals(2, Console.run(evaluate + old).status());
            }
            refused(evaluate + old, "says 1000000 classes, and no tensor in it has as many rows");
        }
    }

    @Test
    void otherClassesAreRefusedInASentence() throws Exception {
        Path data = Pictures.write(folder.resolve("pets"), 3, 1, "bird", "cat", "dog");
        Path model = trained("lenet300", data);
        String apart = "this lenet300 tells 3 classes apart, fashion-tenth has 10; train one on fashion-tenth first";
        refused("eval --threads 1 --model-file " + model, apart);
        refused("sensitivity --threads 1 --model-file " + model, apart);
        refused("compress --method magnitude --sparsity 0.5 --model-file " + model, apart);
        refused(
                "compress --method magnitude --sparsity 0.5 --model lenet5 --data " + data + " --model-file " + model,
                model + " holds a lenet300 for 3 classes, magnitude is for a lenet5 for 3 classes");
        byte[] before = Files.readAllBytes(model);
        Pictures.write(data, 3, 1, "ant");
        refused(
                "train --threads 1 --epochs 2 --batch 8 --lr 0.02 --model lenet300 --resume --data " + data + " --out "
                        + folder.resolve("lenet300"),
                "was made with classes 3, not 4");
        assertArrayEquals(before, Files.readAllBytes(model));
        Path one = Pictures.write(folder.resolve("one"), 3, 1, "bird");
        refused("train --data " + one + " --out " + folder.resolve("x"), "one has one class, [bird]: there is nothing");
    }

    @Test
    void aSummaryOfAsManyClassesAsAsked() {
        String usual = done("summary --model resnet20").out();
        String hundred = done("summary --model resnet20 --classes 100").out();
        assertTrue(usual.contains("269,722"), usual);
        assertTrue(hundred.contains(String.format("%,d", 269_722 + 90 * 65)), hundred);
        assertTrue(done("graph --model lenet300 --classes 7").out().contains("[2, 7]"));
        refused(
                "summary --model lenet5 --classes 0",
                "lenet5 cannot tell 0 classes apart; there can be from 1 to 1000000");
        refused("summary --classes 3", "--classes needs a --model");
    }

    @Test
    void imagesOfAnotherSizeAreScaledIfAskedTo() {
        Path run = folder.resolve("digits");
        String on = " --threads 1 --data digits ";
        String sentence = "takes images [1, 28, 28], digits has [1, 8, 8]; --resize scales them";
        refused("train --model lenet300" + on + "--out " + run, sentence);
        done("train --model lenet300 --resize --epochs 1 --batch 32" + on + "--out " + run);
        refused("eval" + on + "--model-file " + run.resolve("model.safetensors"), sentence);
        String said = done("eval --resize" + on + "--model-file " + run.resolve("model.safetensors"))
                .out();
        double percent = Double.parseDouble(said.replaceAll("(?s).*accuracy ([0-9.]+) %.*", "$1"));
        assertTrue(percent > 70, said);
        done("train --resume --out " + run);
        String compress =
                "compress --method magnitude --sparsity 0.5 --set retrain.epochs=1 --data digits --model-file "
                        + run.resolve("model.safetensors") + " --out " + run.resolve("half");
        refused(compress, sentence);
        done(compress + " --resize");
        done("train --model resnet20 --resize --smoke --threads 1 --batch 256 --out " + run.resolve("fashion"));
    }

    @Test
    void foldersThatAreNotComplete() throws Exception {
        Path data = Pictures.write(folder.resolve("pets"), 3, 1, "bird", "cat");
        String train = "train --model lenet300 --out " + folder.resolve("run") + " --data ";
        refused(
                train + data.resolve("train"),
                "nor folders train and val with a folder of images or sounds for each class");
        Files.move(data.resolve("val"), folder.resolve("val"));
        refused(train + data, "has a folder train to learn from, but neither val nor test to be judged by");
    }

    @Test
    void aFileOfDigits() throws Exception {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 40; i++) {
            lines.append(((i % 4) * 5 + ",").repeat(64)).append(i % 4).append('\n');
        }
        Path file = Files.writeString(folder.resolve("mine.csv"), lines);
        String train = "train --model lenet300 --resize --threads 1 --epochs 1 --batch 8 --data " + file + " --out ";
        String said = done(train + folder.resolve("run")).out();
        assertTrue(said.contains(" of 8)"), said);
        String again = done(train + folder.resolve("run")).out();
        assertTrue(again.startsWith(folder.resolve("run") + " holds a run already, which this one replaces"), again);
        Files.writeString(file, "1,2,3\n");
        refused(train + folder.resolve("x"), "mine.csv: line 1 has 3 numbers, not 65");
    }
}
