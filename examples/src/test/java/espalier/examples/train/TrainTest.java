package espalier.examples.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.Console;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xml.sax.helpers.DefaultHandler;

/** A run from its start to its report: what it leaves, how it goes on, and what it does with files that are damaged. */
class TrainTest {
    private static final String SMOKE = "train --model lenet300 --smoke --threads 1 --batch 64 --out ";

    @TempDir
    private Path folder;

    private Path run(String name, String more) {
        Path out = folder.resolve(name);
        Console done = Console.run(SMOKE + out + more);
        assertEquals(0, done.status(), done.err());
        return out;
    }

    @Test
    void aRunLeavesEverythingAndEvalAgreesWithIt() throws Exception {
        Path out = run("a", "");
        for (String file : List.of("loss.svg", "accuracy.svg", "confusion.svg", "report.html")) {
            var parser = DocumentBuilderFactory.newInstance().newDocumentBuilder();
            parser.setErrorHandler(new DefaultHandler());
            String root = parser.parse(new ByteArrayInputStream(Files.readAllBytes(out.resolve(file))))
                    .getDocumentElement()
                    .getTagName();
            assertEquals(file.endsWith("svg") ? "svg" : "html", root);
        }
        List<String> history = Files.readAllLines(out.resolve("history.csv"));
        assertEquals("epoch,loss,train_accuracy,test_accuracy,examples_per_second", history.getFirst());
        assertEquals(2, history.size());
        String result = Files.readString(out.resolve("result.json"));
        for (String key :
                List.of("model", "data", "test_accuracy", "seed", "command", "commit", "jdk", "cpu", "back_end")) {
            assertTrue(result.contains("\n  \"" + key + "\": "), key + " in " + result);
        }
        assertTrue(Files.readString(out.resolve("report.md")).startsWith("# lenet300 on fashion-tenth\n"));

        double accuracy = Double.parseDouble(history.getLast().split(",")[3]);
        Console judged = Console.run("eval --smoke --threads 1 --model-file " + out.resolve("model.safetensors"));
        String said =
                String.format(java.util.Locale.ROOT, "lenet300 on fashion-tenth: accuracy %.2f %%", 100 * accuracy);
        assertTrue(judged.out().startsWith(said), judged.out() + " should begin with " + said);
    }

    @Test
    void aResumedRunEndsWithTheSameBits() throws Exception {
        Path whole = run("whole", " --checkpoint-steps 3");
        byte[] model = Files.readAllBytes(whole.resolve("model.safetensors"));
        Console again = Console.run(SMOKE + whole + " --resume");
        assertEquals(0, again.status(), again.err());
        assertArrayEquals(model, Files.readAllBytes(whole.resolve("model.safetensors")));
        assertEquals(2, Files.readAllLines(whole.resolve("history.csv")).size());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "PK\u0003\u0004 not a tensor"})
    void aDamagedFileGetsOneSentenceAndIsLeftAsItWas(String content) throws Exception {
        Path file = Files.writeString(folder.resolve("model.safetensors"), content);
        Path out = Files.createDirectories(folder.resolve("run"));
        Path checkpoint = Files.writeString(out.resolve("checkpoint.safetensors"), content);
        for (Console done : List.of(Console.run("eval --model-file " + file), Console.run(SMOKE + out + " --resume"))) {
            assertEquals(2, done.status(), done.err());
            assertEquals(1, done.err().lines().count(), done.err());
            assertTrue(done.err().contains(".safetensors"), done.err());
        }
        assertEquals(content, Files.readString(file));
        assertEquals(content, Files.readString(checkpoint));
        assertFalse(Files.exists(out.resolve("result.json")));
    }

    @Test
    void aModelFileOfAnotherModelIsRefused() {
        Path file = run("a", "").resolve("model.safetensors");
        Console done = Console.run("eval --model lenet5 --model-file " + file);
        assertEquals(2, done.status());
        assertEquals(1, done.err().lines().count(), done.err());
        Console resumed = Console.run("train --model lenet5 --smoke --resume --out " + folder.resolve("a"));
        assertEquals(2, resumed.status());
        assertTrue(resumed.err().contains("was made with model lenet300, not lenet5"), resumed.err());
    }

    @Test
    void whatEvalCannotJudgeGetsOneSentence() {
        Path out = run("a", "");
        Map<String, String> wrong = Map.of(
                out.toString(),
                " is a folder; give the model file in it",
                out.resolve("checkpoint.safetensors").toString(),
                " does not say which model it is: it may be a checkpoint",
                out.resolve("model.safetensors") + " --data digits",
                ": model lenet300 takes images [1, 28, 28], digits has [1, 8, 8]");
        wrong.forEach((arguments, sentence) -> {
            Console done = Console.run("eval --threads 1 --model-file " + arguments);
            assertEquals(2, done.status());
            assertEquals(1, done.err().lines().count(), done.err());
            assertTrue(done.err().contains(sentence), done.err());
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 100_000})
    void threadsThereAreNot(int threads) {
        Console done = Console.run("eval --model-file " + run("a", "") + "/model.safetensors --threads " + threads);
        assertEquals(2, done.status(), done.out());
        assertTrue(done.err().contains("--threads must be at "), done.err());
    }

    @ParameterizedTest
    @CsvSource({
        "--seed 2, 'seed 1, not 2'",
        "--batch 32, 'batch 64, not 32'",
        "--lr 0.02, 'lr 0.01, not 0.02'",
        "--schedule onecycle, 'schedule cosine, not onecycle'",
        "--nesterov, 'nesterov false, not true'",
    })
    void aRunGoesOnWithTheSameSettingsOnly(String option, String sentence) throws Exception {
        Path out = run("a", "");
        byte[] checkpoint = Files.readAllBytes(out.resolve("checkpoint.safetensors"));
        String usual = SMOKE + out + " --resume ";
        Console done = Console.run(option.startsWith("--batch") ? usual.replace("--batch 64", option) : usual + option);
        assertEquals(2, done.status());
        assertEquals(1, done.err().lines().count(), done.err());
        assertTrue(done.err().contains("checkpoint.safetensors: was made with " + sentence), done.err());
        assertArrayEquals(checkpoint, Files.readAllBytes(out.resolve("checkpoint.safetensors")));
    }

    @Test
    void aTrainingThatDivergesEndsWithASentence() throws Exception {
        Path out = run("a", "");
        byte[] checkpoint = Files.readAllBytes(out.resolve("checkpoint.safetensors"));
        Console done = Console.run(SMOKE + out + " --lr 1e30");
        assertEquals(2, done.status(), done.err());
        assertTrue(
                done.err()
                        .matches("(?s).*train: the loss is \\S+ at step \\d: training has diverged; try an --lr below"
                                + " 1.0E30\n"),
                done.err());
        assertArrayEquals(checkpoint, Files.readAllBytes(out.resolve("checkpoint.safetensors")));
    }

    @Test
    void anOutputFolderThatCannotBeMadeIsAMistake() throws Exception {
        Path file = Files.writeString(folder.resolve("file"), "mine");
        for (Path out : List.of(file, file.resolve("below"), Path.of("/proc/runs"))) {
            Console done = Console.run(SMOKE + out);
            assertEquals(2, done.status(), done.err());
            assertEquals(1, done.err().lines().count(), done.err());
            assertTrue(done.err().contains(out.toString()), done.err());
        }
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void schedulesBeginAndEndWhereTheirNamesSay() {
        assertEquals(1, ScheduleOption.CONSTANT.over(100).at(99));
        assertEquals(1, ScheduleOption.STEP.over(100).at(49));
        assertEquals(0.1, ScheduleOption.STEP.over(100).at(50), 1e-12);
        assertEquals(0.01, ScheduleOption.STEP.over(100).at(75), 1e-12);
        assertEquals(0.5, ScheduleOption.COSINE.over(100).at(50), 1e-12);
        assertEquals(0, ScheduleOption.WARMUP_COSINE.over(100).at(0), 1e-12);
        assertEquals(1, ScheduleOption.WARMUP_COSINE.over(100).at(5), 1e-12);
        assertEquals(1, ScheduleOption.ONECYCLE.over(100).at(30), 1e-12);
        for (ScheduleOption option : ScheduleOption.values()) {
            double only = option.over(1).at(0);
            assertTrue(only >= 0 && only <= 1, option + " of one step: " + only);
        }
    }
}
