package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.examples.train.ScheduleOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A recipe is read as it stands, and each mistake in it is told with its line. */
class RecipeTest {
    private static final Recipe RECIPE = Recipe.parse(
            "lenet.recipe",
            List.of(
                    "# what it is",
                    "model = lenet5   # the literature's",
                    "",
                    "[admm]",
                    "keep = conv1 100, conv2 8%",
                    "epochs = 1_2",
                    "late = yes",
                    "[retrain]",
                    "schedule = warmup-cosine",
                    "[retrain]"));

    private static Settings admm() {
        return RECIPE.stages().getFirst();
    }

    private static String mistake(Runnable block) {
        return assertThrows(IllegalArgumentException.class, block::run).getMessage();
    }

    @Test
    void sectionsInOrder() {
        assertEquals("lenet5", RECIPE.start().text("model", "?"));
        assertEquals(
                List.of("admm", "retrain", "retrain"),
                RECIPE.stages().stream().map(Settings::section).toList());
    }

    @Test
    void values() {
        assertEquals(
                Map.of("conv1", "100", "conv2", "8%"), admm().layers("keep").orElseThrow());
        assertEquals(12, admm().whole("epochs", 3));
        assertEquals(3, admm().whole("rounds", 3));
        assertEquals(true, admm().flag("late", false));
        assertEquals(ScheduleOption.WARMUP_COSINE, RECIPE.stages().get(1).choice("schedule", ScheduleOption.CONSTANT));
    }

    @Test
    void unknownKeysAreRefused() {
        Settings section = admm();
        section.whole("epochs", 1);
        section.layers("keep");
        assertEquals(
                "lenet.recipe, line 7: [admm] knows no late; it knows epochs, keep", mistake(section::refuseUnknown));
    }

    @Test
    void anotherValueWins() {
        Recipe changed = RECIPE.with("admm", "epochs", "5").with("start", "seed", "2");
        assertEquals(5, changed.stages().getFirst().whole("epochs", 1));
        assertEquals(2, changed.start().whole("seed", 1));
        assertEquals(0.9999, admm().with("sparsity", "99.99%").number("sparsity", 0));
        assertEquals(
                "lenet.recipe has no section [str]; it has admm, retrain, retrain",
                mistake(() -> RECIPE.with("str", "epochs", "5")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "epochs = ten | r, line 2: epochs: ten is not a number",
                "epochs = 1.5 | r, line 2: epochs: 1.5 is not a whole number",
                "epochs = 0 | r, line 2: epochs: 0 is less than 1",
                "schedule = sine | r, line 2: schedule: sine is none of constant, step, cosine, onecycle, warmup-cosine"
            })
    void wrongValues(String line, String expected) {
        Recipe recipe = Recipe.parse("r", List.of("[train]", line));
        assertEquals(expected, mistake(() -> TrainingPlan.of(recipe.stages().getFirst(), 1, 0.1)));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "train | r, line 2: 'train' is neither [a stage], nor key = value, nor a # remark",
                "model = b | r, line 2: [start] says twice what model is"
            })
    void wrongLines(String line, String expected) {
        assertEquals(expected, mistake(() -> Recipe.parse("r", List.of("model = a", line))));
    }

    @Test
    void layersAreAListOfPairs() {
        Settings settings = Recipe.parse("r", List.of("keep = conv1")).start();
        assertEquals(
                "r, line 1: keep: 'conv1' is not a layer and an amount, such as conv1 100",
                mistake(() -> settings.layers("keep")));
    }
}
