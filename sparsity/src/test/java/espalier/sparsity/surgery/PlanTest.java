package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.autograd.op.Normalizations;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a plan says, what a selection says, and what silence does before either. */
class PlanTest {
    private static final Init INIT = Init.of(1);
    private static final Shape INPUT = Shape.of(1, 1, 3, 3);

    private static void set(Module model, String path, float... values) {
        Tensor old = model.state().get(path);
        old.copyInPlace(Tensor.of(values).reshape(old.shape()));
    }

    private static Module twoLayers() {
        Module model =
                new Sequential(Topologies.conv(INIT, 1, 3, 1, 0, 1, false), Topologies.conv(INIT, 3, 2, 1, 0, 1, true));
        set(model, "0.weight", 1, 0, 2);
        return model;
    }

    /** One channel in two places is written once; the same reason in other places is another group. */
    @Test
    void aChannelIsEncodedWhereItIsFirst() {
        Module model = new Sequential(
                twoLayers(), Topologies.conv(INIT, 2, 3, 1, 0, 1, true), Topologies.conv(INIT, 3, 1, 1, 0, 1, true));
        set(model, "1.weight", 1, 2, 0, 0, 3, 4);
        set(model, "1.bias", 1, 0, 1);
        Plan plan = Surgeon.of(model, INPUT).dead();
        assertEquals("0.0.weight:0:1 1.weight:0:1", plan.encoded());
        assertEquals(
                List.of("zero for every input", "zero for every input"),
                plan.groups().stream().map(ChannelGroup::why).toList());
    }

    /** The columns of a matrix that is read from the left. */
    @Test
    void theAxisIsEncodedToo() {
        Module model = new Module() {
            private final Parameter first =
                    parameter("first", Role.WEIGHT, Tensor.of(new float[] {1, 0, 2, 3, 0, 4}, 2, 3));
            private final Module last = child("last", new Linear(INIT, 3, 1));

            @Override
            protected Variable forward(Variable x) {
                return last.apply(x.matmul(first.get()));
            }
        };
        Shape input = Shape.of(1, 2);
        Plan plan = Surgeon.of(model, input).dead();
        assertEquals("first:1:1", plan.encoded());
        assertEquals(6 + 4, plan.before().parameters());
        assertEquals(4 + 3, plan.after().parameters());
        Surgeon.repeat(model, input, " " + plan.encoded() + " ");
        assertArrayEquals(new float[] {1, 2, 3, 4}, model.state().get("first").toFloats());
        Surgeon.repeat(model, input, "");
        assertEquals(Shape.of(2, 2), model.state().get("first").shape());
    }

    @Test
    void aPlanOfNothingIsCutAsOftenAsOneLikes() {
        Module model = twoLayers();
        set(model, "0.weight", 1, 3, 2);
        Surgeon surgeon = Surgeon.of(model, INPUT);
        Plan nothing = surgeon.dead();
        surgeon.cut(nothing);
        surgeon.cut(nothing);
        assertEquals(nothing.before(), nothing.after());
    }

    /** Of the constants 3 in a group of three, one must stay: its 3 is still there and goes into no bias. */
    @Test
    void whatIsTakenBackIsNotFolded() {
        Module model =
                new Sequential(Topologies.conv(INIT, 1, 6, 1, 0, 1, true), Topologies.conv(INIT, 6, 2, 1, 0, 2, true));
        set(model, "0.weight", 0, 0, 1, 1, 0, 1);
        set(model, "0.bias", 3, 3, 0, 0, 3, 0);
        set(model, "1.weight", 1, 10, 1, 1, 100, 1);
        set(model, "1.bias", 0, 0);
        Surgeon surgeon = Surgeon.of(model, INPUT);
        surgeon.cut(surgeon.dead());
        assertArrayEquals(new float[] {3, 300}, model.state().get("1.bias").toFloats());
        assertArrayEquals(
                new float[] {10, 1, 1, 1}, model.state().get("1.weight").toFloats());
    }

    @Test
    void thousandsHaveCommas() {
        assertEquals("1,234 parameters, 5,678,901 MACs", new Size(1234, 5_678_901).toString());
    }

    @Test
    void placesAreOrderedByPathThenAxis() {
        assertTrue(new Site("a", 1).compareTo(new Site("b", 0)) < 0);
        assertTrue(new Site("a", 0).compareTo(new Site("a", 1)) < 0);
        assertEquals(0, new Site("a", 1).compareTo(new Site("a", 1)));
    }

    // ---- selections

    @Test
    void aSelectionIsACopy() {
        List<Integer> removed = new ArrayList<>(List.of(1));
        Selection selection = new Selection(new Site("w", 0), removed);
        removed.add(2);
        assertEquals(List.of(1), selection.removed());
    }

    @Test
    void aSelectionIsReadFromText() {
        assertEquals(new Selection(new Site("conv1.weight", 1), List.of(3, 7)), Selection.parse("conv1.weight:1:3,7"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "w", "w:0", "w:0:", "w:0:1,", "w:0:x", "w:x:1", "w:0:1:", "w:0:1:2"})
    void otherTextsAreNoSelection(String text) {
        assertEquals(
                "surgery: '" + text + "' does not say which channels, as in conv1.weight:0:3,7",
                assertThrows(IllegalArgumentException.class, () -> Selection.parse(text))
                        .getMessage());
    }

    @Test
    void anIndexBelowZeroIsRefused() {
        Surgeon surgeon = Surgeon.of(twoLayers(), INPUT);
        assertEquals(
                "surgery: 0.weight axis 0 has no index -1, only 0 to 2",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> surgeon.without(List.of(Selection.of("0.weight", -1))))
                        .getMessage());
    }

    @Test
    void whatTheModelDoesNotStoreIsRefused() {
        assertEquals(
                "surgery: the model has no 9.weight",
                assertThrows(IllegalArgumentException.class, () -> new StoredValues(twoLayers()).tensor("9.weight"))
                        .getMessage());
    }

    // ---- silence

    /** Four filters, three of zeros: a shift alone, a scale alone, and both zero already; the next norm counts too. */
    @Test
    void silenceTakesScaleOrShiftAndCountsWhatItTook() {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 4, 1, 0, 1, false),
                new BatchNorm(INIT, 4),
                Topologies.conv(INIT, 4, 2, 1, 0, 1, false),
                new BatchNorm(INIT, 2),
                Topologies.conv(INIT, 2, 1, 1, 0, 1, false));
        set(model, "0.weight", 1, 0, 0, 0);
        set(model, "1.scale", 1, 0, 5, 0);
        set(model, "1.shift", 1, 2, 0, 0);
        set(model, "2.weight", 1, 0, 0, 0, 0, 0, 0, 0);
        set(model, "3.scale", 1, 1);
        set(model, "3.shift", 0, 1);
        Tensor mask = Tensor.of(new float[] {2, 2, 2, 2});
        model.parameters().get("1.scale").parametrize(new Masked(mask));
        Surgeon surgeon = Surgeon.of(model, INPUT);
        assertEquals(3, surgeon.silence());
        assertArrayEquals(new float[] {2, 0, 0, 0}, value(model, "1.scale"));
        assertArrayEquals(new float[] {1, 0, 0, 0}, value(model, "1.shift"));
        assertArrayEquals(new float[] {1, 0}, value(model, "3.scale"));
        assertArrayEquals(new float[] {0, 0}, value(model, "3.shift"));
        assertEquals(0, surgeon.silence());
    }

    private static float[] value(Module model, String path) {
        return model.parameters().get(path).get().value().toFloats();
    }

    /** A scale that is not trained cannot be switched off. */
    @Test
    void aScaleThatIsNoParameterIsRefused() {
        Module norm = new Module() {
            {
                buffer("scale", Tensor.ones(2));
                buffer("shift", Tensor.ones(2));
                buffer("mean", Tensor.zeros(2));
                buffer("variance", Tensor.ones(2));
            }

            @Override
            protected Variable forward(Variable x) {
                return Normalizations.batchNormInference(
                        x,
                        Variable.constant(buffer("scale")),
                        Variable.constant(buffer("shift")),
                        buffer("mean"),
                        buffer("variance"),
                        0);
            }
        };
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 2, 1, 0, 1, false), norm, Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        set(model, "0.weight", 1, 0);
        assertEquals(
                "surgery: 1.scale is no parameter, so it cannot be made zero",
                assertThrows(
                                IllegalStateException.class,
                                () -> Surgeon.of(model, INPUT).silence())
                        .getMessage());
    }
}
