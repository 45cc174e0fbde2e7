package espalier.examples.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import espalier.examples.Main;
import espalier.nn.train.Checkpoint;
import espalier.nn.train.TrainingListener.EpochReport;
import espalier.nn.train.TrainingListener.StepReport;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A run that was interrupted: what it remembers, and that it ends as if nothing had happened. */
class ResumeTest {
    private static final String RUN =
            "train --model lenet300 --data digits --resize --threads 1 --batch 16 --epochs 12 --seed 3 --lr 0.02"
                    + " --nesterov --smoothing 0.1 --schedule onecycle --out ";

    @TempDir
    private Path folder;

    private static Console done(String command) {
        Console done = Console.run(command);
        assertEquals(0, done.status(), done.err());
        return done;
    }

    private static double figure(Path run, String name) throws IOException {
        var found =
                Pattern.compile("\"" + name + "\": ([0-9.E-]+)").matcher(Files.readString(run.resolve("result.json")));
        assertTrue(found.find(), name);
        return Double.parseDouble(found.group(1));
    }

    /** But for the last column, examples a second. */
    private static List<String> history(Path run) throws IOException {
        return Files.readAllLines(run.resolve("history.csv")).stream()
                .map(line -> line.substring(0, line.lastIndexOf(',')))
                .toList();
    }

    /** Starts a run in a process of its own and asks that to end, as Ctrl-C does, in the middle of its second epoch. */
    private static String interrupted(String arguments, Path run) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        if (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()) {
            command.add("--add-modules=jdk.incubator.vector");
        }
        String modules = System.getProperty("jdk.module.path", ""); // where classes lie if the tests run as a module
        command.addAll(List.of("-cp", modules + File.pathSeparator + System.getProperty("java.class.path")));
        command.add(Main.class.getName());
        command.addAll(List.of(arguments.split(" ")));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        while (process.isAlive() && Files.notExists(run.resolve("checkpoint.safetensors"))) {
            Thread.sleep(2);
        }
        process.toHandle().destroy(); // and what it says can still be read
        String said = new String(process.getInputStream().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
        assertNotEquals(0, process.waitFor(), said);
        return said;
    }

    @Test
    void anInterruptedRunGoesOnAtItsStepWithoutBeingToldItsOptionsAgain() throws Exception {
        Path whole = folder.resolve("whole");
        done(RUN + whole);
        Path parts = folder.resolve("parts");
        String said = interrupted(RUN + parts, parts);
        var stopped = Pattern.compile("\nstopped in epoch (\\d+)( after batch \\d+); go on with --resume\n$")
                .matcher(said);
        assertTrue(stopped.find(), said);
        double before = Double.parseDouble(
                Checkpoint.settings(parts.resolve("checkpoint.safetensors")).getOrDefault("seconds", "0"));
        String rest = done("train --threads 2 --resume --out " + parts).out();
        assertTrue(rest.startsWith("going on in epoch " + stopped.group(1) + " of 12" + stopped.group(2) + "\n"), rest);
        assertArrayEquals(
                Files.readAllBytes(whole.resolve("model.safetensors")),
                Files.readAllBytes(parts.resolve("model.safetensors")));
        assertEquals(history(whole), history(parts));
        assertEquals(1, figure(whole, "parts"));
        assertEquals(2, figure(parts, "parts"));
        assertTrue(figure(parts, "seconds") > before && before > 0, "both parts count");
        String result = Files.readString(parts.resolve("result.json"));
        assertTrue(result.contains("\"command\": \"" + RUN + parts + "\""), result);

        double seconds = figure(parts, "seconds");
        String again = done("train --resume --out " + parts).out();
        assertTrue(again.startsWith("all 12 epochs are done\ntest accuracy "), again);
        assertEquals(2, figure(parts, "parts"), "nothing was added");
        assertEquals(seconds, figure(parts, "seconds"), 2);
        assertEquals(history(whole), history(parts));
    }

    @Test
    void aConstantRateCanGoOnForMoreEpochs() throws Exception {
        Path data = Pictures.write(folder.resolve("pets"), 3, 1, "bird", "cat");
        String begin = "train --model lenet300 --threads 1 --batch 2 --schedule constant --data " + data + " --out ";
        Path whole = folder.resolve("whole");
        done(begin + whole + " --epochs 4");
        Path run = folder.resolve("run");
        done(begin + run + " --epochs 3");
        assertTrue(done("train --resume --out " + run).out().contains("\nall 3 epochs are done\n"));
        String more = done("train --resume --epochs 4 --out " + run).out();
        assertTrue(more.contains("\ngoing on in epoch 4 of 4 after batch 0\n"), more);
        assertEquals(history(whole), history(run));
        assertArrayEquals(
                Files.readAllBytes(whole.resolve("model.safetensors")),
                Files.readAllBytes(run.resolve("model.safetensors")));
    }

    @Test
    void otherPicturesOfTheSameNameAreRefused() throws Exception {
        Path data = Pictures.write(folder.resolve("pets"), 3, 1, "bird", "cat");
        Path run = folder.resolve("run");
        done("train --model lenet300 --threads 1 --batch 2 --epochs 1 --data " + data + " --out " + run);
        done("train --resume --out " + run);
        byte[] model = Files.readAllBytes(run.resolve("model.safetensors"));
        Path cat = data.resolve("train/cat/0.png");
        Path bird = data.resolve("train/bird/0.png");
        byte[] pixels = Files.readAllBytes(cat);
        Files.write(cat, Files.readAllBytes(bird));
        Console refused = Console.run("train --resume --out " + run);
        assertEquals(2, refused.status(), refused.out());
        assertTrue(
                refused.err().matches("(?s).*: was made with data of checksum [0-9a-f]{8}, not [0-9a-f]{8}; go on.*\n"),
                refused.err());
        Files.write(cat, pixels);
        done("train --resume --out " + run);
        assertArrayEquals(model, Files.readAllBytes(run.resolve("model.safetensors")));
        Path moved = Files.move(
                data, Files.createDirectories(folder.resolve("elsewhere")).resolve("pets"));
        assertEquals(2, Console.run("train --resume --out " + run).status());
        done("train --resume --data " + moved + " --out " + run);
    }

    @Test
    void aFolderWithoutACheckpointIsBegun() {
        String said = done("train --model lenet300 --smoke --threads 1 --resume --out " + folder)
                .out();
        assertTrue(said.startsWith("there is no checkpoint in " + folder + " yet: from the start\n"), said);
    }

    @ParameterizedTest
    @CsvSource({"--batch 8, 'batch 16, not 8'", "--epochs 9, 'epochs 1, not 9'", "--data digits, takes images"})
    void whatIsSaidMustBeAsItWas(String option, String sentence) {
        done("train --model lenet300 --threads 1 --epochs 1 --batch 16 --out " + folder);
        Console refused = Console.run("train --resume " + option + " --out " + folder);
        assertEquals(2, refused.status());
        assertEquals(1, refused.err().lines().count(), refused.err());
        assertTrue(refused.err().contains(sentence), refused.err());
    }

    @Test
    void theFiguresOfAnEpochAreThoseOfAllItsParts() {
        EpochSoFar first = new EpochSoFar(Map.of());
        first.start();
        first.add(new StepReport(2.0, 3, 10));
        EpochSoFar second = new EpochSoFar(first.saved());
        second.start();
        second.add(new StepReport(0.5, 4, 5));
        double before = first.seconds();
        EpochReport report = second.finish();
        assertEquals(22.5 / 15, report.loss(), 1e-12);
        assertEquals(7.0 / 15, report.accuracy(), 1e-12);
        assertEquals(15, report.samples());
        assertTrue(report.seconds() > 0 && second.seconds() >= report.seconds() && before > 0);
        assertEquals("0", second.saved().get("epoch-samples"), "the next one begins");
    }
}
