package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.layer.Activation;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.nn.model.ResNet;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

class SurgeonTest {
    private static final Init INIT = Init.of(1);

    private static void set(Module model, String path, float... values) {
        Tensor old = model.state().get(path);
        old.copyInPlace(Tensor.of(values).reshape(old.shape()));
    }

    private static float[] floats(Module model, String path) {
        return model.state().get(path).toFloats();
    }

    private static Map<String, float[]> copyOf(Map<String, Tensor> state) {
        Map<String, float[]> copy = new LinkedHashMap<>();
        state.forEach((path, tensor) -> copy.put(path, tensor.toFloats()));
        return copy;
    }

    private static void assertEqualStates(Map<String, float[]> expected, Map<String, Tensor> actual, double within) {
        assertEquals(expected.keySet(), actual.keySet());
        expected.forEach(
                (path, values) -> assertArrayEquals(values, actual.get(path).toFloats(), (float) within, path));
    }

    /** Two 1x1 filters of which the second is zero and has the bias 3: the reader's weight for it is 7. */
    private static Module pointwise(Module... rest) {
        List<Module> layers = new ArrayList<>(List.of(Topologies.conv(INIT, 1, 2, 1, 0, 1, true), Activation.relu()));
        layers.addAll(List.of(rest));
        Module model = new Sequential(layers);
        set(model, "0.weight", 2, 0);
        set(model, "0.bias", 1, 3);
        set(model, "2.weight", 5, 7);
        return model;
    }

    @Test
    void aConstantGoesIntoTheReadersBias() {
        Module model = pointwise(Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        set(model, "2.bias", 0.5f);
        Surgeon surgeon = Surgeon.of(model, Shape.of(1, 1, 3, 3));
        Plan plan = surgeon.dead();
        assertEquals("""
                1 channel: a constant, folded into 2.bias
                    0.weight axis 0 loses 1
                    0.bias axis 0 loses 1
                    2.weight axis 1 loses 1
                before: 7 parameters, 36 MACs
                after:  4 parameters, 18 MACs
                """, plan.toString());
        surgeon.cut(plan);
        assertArrayEquals(new float[] {2}, floats(model, "0.weight"));
        assertArrayEquals(new float[] {1}, floats(model, "0.bias"));
        assertArrayEquals(new float[] {5}, floats(model, "2.weight"));
        assertArrayEquals(new float[] {0.5f + 3 * 7}, floats(model, "2.bias"));
    }

    @Test
    void withoutABiasItGoesIntoTheMeanOfTheBatchNormBehind() {
        Module model = pointwise(Topologies.conv(INIT, 2, 1, 1, 0, 1, false), new BatchNorm(INIT, 1));
        set(model, "3.mean", 4);
        Surgeon surgeon = Surgeon.of(model, Shape.of(1, 1, 3, 3));
        surgeon.cut(surgeon.dead());
        assertArrayEquals(new float[] {4 - 3 * 7}, floats(model, "3.mean"));
    }

    @Test
    void withNeitherItStays() {
        Module model = pointwise(Topologies.conv(INIT, 2, 1, 1, 0, 1, false));
        Plan plan = Surgeon.of(model, Shape.of(1, 1, 3, 3)).dead();
        assertEquals(0, plan.channels());
        assertEquals(
                List.of(
                        "0.weight axis 0: the constant 3.0, and conv2d in 2 has neither a bias nor a batch norm of its own"
                                + " behind it: index 1"),
                plan.kept());
    }

    /**
     * The example of network slimming: a shift of 0.3 at a scale of 0, read by ones: 9, 6 or 4 of them in the image.
     */
    @Test
    void aConstantBeforePaddingStaysForItCannotBeFolded() {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 2, 1, 0, 1, false),
                new BatchNorm(INIT, 2),
                Topologies.conv(INIT, 2, 1, 3, 1, 1, true));
        set(model, "1.scale", 1, 0);
        set(model, "1.shift", 0.1f, 0.3f);
        Tensor ones = Tensor.ones(1, 2, 3, 3);
        set(model, "2.weight", ones.toFloats());
        Shape input = Shape.of(1, 1, 3, 3);
        Surgeon surgeon = Surgeon.of(model, input);
        Plan plan = surgeon.dead();
        assertEquals(0, plan.channels());
        assertEquals(
                List.of(
                        "0.weight axis 0: the constant 0.3, and conv2d in 2 pads with zeros, so at the border it reads 0"
                                + " instead: index 1"),
                plan.kept());
        Variable x = Variable.constant(Tensor.ones(1, 1, 3, 3));
        Tensor before = model.apply(x).value();
        surgeon.cut(surgeon.without(List.of(Selection.of("1.scale", 1))));
        Tensor lost = before.sub(model.apply(x).value());
        assertArrayEquals(new float[] {1.2f, 1.8f, 1.2f, 1.8f, 2.7f, 1.8f, 1.2f, 1.8f, 1.2f}, lost.toFloats(), 1e-5f);
    }

    /**
     * A filter of zeros: its batch norm makes 0.3 − 2·(0.5/√1) of it, which padding holds back until it is switched
     * off.
     */
    @Test
    void aSilencedChannelIsZeroBehindItsBatchNormAndCanGo() {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 2, 1, 0, 1, false),
                new BatchNorm(INIT, 2),
                Topologies.conv(INIT, 2, 1, 3, 1, 1, true));
        set(model, "0.weight", 4, 0);
        set(model, "1.scale", 1, 2);
        set(model, "1.shift", 0.1f, 0.3f);
        set(model, "1.mean", 0, 0.5f);
        Surgeon surgeon = Surgeon.of(model, Shape.of(1, 1, 3, 3));
        assertEquals(0, surgeon.dead().channels());
        assertEquals(1, surgeon.silence());
        assertArrayEquals(new float[] {1, 0}, floats(model, "1.scale"));
        assertArrayEquals(new float[] {0.1f, 0}, floats(model, "1.shift"));
        assertEquals(0, surgeon.silence(), "it is silent now");
        surgeon.cut(surgeon.dead());
        assertArrayEquals(new float[] {4}, floats(model, "0.weight"));
    }

    @Test
    void flattenGivesAChannelManyColumnsAndAZeroColumnKillsANeuron() {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 3, 1, 0, 1, false),
                Activation.relu(),
                new Flatten(),
                new Linear(INIT, 12, 2),
                Activation.relu(),
                new Linear(INIT, 2, 2));
        set(model, "0.weight", 1, 0, 2);
        set(model, "5.weight", 0, 1, 0, 2);
        Surgeon surgeon = Surgeon.of(model, Shape.of(2, 1, 2, 2));
        Plan plan = surgeon.dead();
        assertEquals(2, plan.channels());
        assertEquals(
                Map.of(new Site("0.weight", 0), List.of(1), new Site("3.weight", 1), List.of(4, 5, 6, 7)),
                plan.groups().get(0).losses());
        assertEquals("zero for every input", plan.groups().get(0).why());
        assertEquals(
                Map.of(
                        new Site("3.weight", 0), List.of(0),
                        new Site("3.bias", 0), List.of(0),
                        new Site("5.weight", 1), List.of(0)),
                plan.groups().get(1).losses());
        assertEquals("nothing needs it", plan.groups().get(1).why());
        surgeon.cut(plan);
        assertEquals(Shape.of(1, 8), model.state().get("3.weight").shape());
    }

    @Test
    void aBranchThatAddsNothingBecomesOneChannelThin() {
        Module model = ResNet.cifar(INIT, 8, ResNet.Shortcut.PADDED);
        Topologies.lively(model);
        float[] zeros = new float[16];
        set(model, "stage1block1.body.bn2.scale", zeros);
        set(model, "stage1block1.body.bn2.shift", zeros);
        Shape input = Shape.of(1, 3, 8, 8);
        List<float[]> before = Topologies.outputs(model, input);
        Surgeon surgeon = Surgeon.of(model, input);
        surgeon.cut(surgeon.dead());
        LawTest.assertSame(before, Topologies.outputs(model, input));
        assertEquals(
                Shape.of(1, 16, 3, 3),
                model.state().get("stage1block1.body.conv1.weight").shape());
        assertEquals(
                Shape.of(16, 1, 3, 3),
                model.state().get("stage1block1.body.conv2.weight").shape());
    }

    /** Cutting live channels equals zeros in the weights that read them. */
    @Test
    void aChosenChannelIsCutAsIfItsReadersWereZero() {
        Function<Init, Module> maker = init -> Topologies.grouped(init, false);
        Module cut = maker.apply(Init.of(1));
        Module masked = maker.apply(Init.of(1));
        Topologies.lively(cut);
        Topologies.lively(masked);
        Shape input = Shape.of(2, 3, 7, 7);
        Surgeon surgeon = Surgeon.of(cut, input);
        // Four groups of three inputs lose one each; two groups of eight lose two each.
        surgeon.cut(
                surgeon.without(List.of(Selection.of("0.weight", 0, 5, 7, 9), Selection.of("3.weight", 1, 5, 9, 13))));
        Tensor second = masked.state().get("3.weight");
        for (int o = 0; o < 16; o++) {
            second.select(0, o).select(0, new int[] {0, 2, 1, 0}[o / 4]).fillInPlace(0);
        }
        Tensor third = masked.state().get("6.weight");
        third.select(1, 1).fillInPlace(0);
        third.select(1, 5).fillInPlace(0);
        LawTest.assertSame(Topologies.outputs(masked, input), Topologies.outputs(cut, input));
        assertEquals(Shape.of(12, 2, 3, 3), cut.state().get("3.weight").shape());
        assertEquals(Shape.of(6, 6, 1, 1), cut.state().get("6.weight").shape());
    }

    @Test
    void aMaskChoosesAlongItsOneAxis() {
        Tensor mask = Tensor.of(new float[] {1, 0, 1, 0}, 4, 1, 1, 1);
        assertEquals(Selection.of("conv.weight", 1, 3), Selection.keeping("conv.weight", mask));
        assertEquals(
                new Selection(new Site("conv.weight", 1), List.of(1, 3)),
                Selection.keeping("conv.weight", mask.reshape(1, 4, 1, 1)));
        String message = assertThrows(IllegalArgumentException.class, () -> Selection.keeping("w", Tensor.ones(2, 2)))
                .getMessage();
        assertEquals("surgery: the mask [2, 2] of w does not choose along one axis", message);
    }

    private static String refusal(Module model, Shape input, Selection... selections) {
        Map<String, float[]> before = copyOf(model.state());
        Surgeon surgeon = Surgeon.of(model, input);
        String message = assertThrows(IllegalArgumentException.class, () -> surgeon.without(List.of(selections)))
                .getMessage();
        assertEqualStates(before, model.state(), 0);
        return message;
    }

    @Test
    void refusalsSayWhatAndWhy() {
        Module grouped = Topologies.grouped(INIT, true);
        Shape input = Shape.of(1, 3, 7, 7);
        assertEquals(
                "surgery: 8.weight axis 0 index 2 cannot be cut: it is the output of the network",
                refusal(grouped, input, Selection.of("8.weight", 2)));
        assertEquals(
                "surgery: 0.weight axis 1 index 0 cannot be cut: it is the input of the network",
                refusal(grouped, input, new Selection(new Site("0.weight", 1), List.of(0))));
        assertEquals(
                "surgery: not all of the chosen channels can be cut: the 4 groups of conv2d in 3 must stay equal",
                refusal(grouped, input, Selection.of("0.weight", 0, 1)));
        assertEquals(
                "surgery: not all of the chosen channels can be cut: the last channel of 6.weight",
                refusal(grouped, input, Selection.of("6.weight", 0, 1, 2, 3, 4, 5)));
        assertEquals(
                "surgery: 0.weight axis 0 has no index 12, only 0 to 11",
                refusal(grouped, input, Selection.of("0.weight", 12)));
        assertTrue(refusal(grouped, input, Selection.of("conv9.weight", 1))
                .startsWith("surgery: conv9.weight axis 0 has no channels; there are 0.weight axis 0, "));
    }

    @Test
    void anUnknownOperationKeepsWhatItTouches() {
        Module odd = new Module() {
            @Override
            protected Variable forward(Variable x) {
                return x.cumsum(1);
            }
        };
        Module model = new Sequential(
                new Linear(INIT, 4, 6),
                Activation.relu(),
                odd,
                new Linear(INIT, 6, 5),
                Activation.relu(),
                new Linear(INIT, 5, 2));
        set(model, "3.weight", new float[30]);
        Surgeon surgeon = Surgeon.of(model, Shape.of(1, 4));
        String message = assertThrows(
                        IllegalArgumentException.class, () -> surgeon.without(List.of(Selection.of("0.weight", 1))))
                .getMessage();
        assertEquals(
                "surgery: 0.weight axis 0 index 1 cannot be cut: surgery does not know cumsum in 2 of shape [1, 6]",
                message);
        Plan plan = surgeon.dead(); // of the rest, all that is constant goes
        assertEquals(4, plan.channels());
        assertTrue(plan.groups().getFirst().losses().containsKey(new Site("3.weight", 0)));
    }

    /** A model that does not let itself be cut is put back together, and the optimizer too. */
    @Test
    void whatCannotBeCutIsAsItWas() {
        Module stubborn = new Module() {
            private final Module body =
                    child("body", new Sequential(Topologies.conv(INIT, 1, 3, 1, 0, 1, false), new BatchNorm(INIT, 3)));
            private final Linear head = child("head", new Linear(INIT, 12, 2));

            @Override
            protected Variable forward(Variable x) {
                return head.apply(body.apply(x).reshape(x.shape().dim(0), 12));
            }
        };
        set(stubborn, "body.1.scale", 1, 0, 1);
        stubborn.parameters().get("head.weight").parametrize(raw -> raw.mul(2));
        Optimizer<?> optimizer = new Sgd(stubborn.parameters(), Sgd.Options.of(0.1));
        step(stubborn, optimizer, Tensor.ones(2, 1, 2, 2));
        set(stubborn, "body.1.scale", 1, 0, 1);
        set(stubborn, "body.1.shift", 1, 0, 1);
        Map<String, float[]> state = copyOf(stubborn.state());
        Map<String, float[]> momentum = copyOf(optimizer.state());
        Surgeon surgeon = Surgeon.of(stubborn, Shape.of(1, 1, 2, 2));
        Plan plan = surgeon.dead();
        assertEquals(1, plan.channels());
        String message = assertThrows(IllegalStateException.class, () -> surgeon.cut(plan, optimizer))
                .getMessage();
        assertTrue(message.startsWith("surgery: the network could not be cut and is as it was: reshape"), message);
        assertEqualStates(state, stubborn.state(), 0);
        assertEqualStates(momentum, optimizer.state(), 0);
        assertTrue(stubborn.parameters().get("head.weight").parametrization().isPresent());
        step(stubborn, optimizer, Tensor.ones(2, 1, 2, 2));
    }

    private static void step(Module model, Optimizer<?> optimizer, Tensor x) {
        optimizer.clearGradients();
        ForwardPass.training(RandomSource.of(1), () -> model.apply(Variable.constant(x)))
                .square()
                .mean()
                .backward();
        optimizer.step();
    }

    /** Training goes on after a cut as it would have before it: the survivors do not notice. */
    @Test
    void momentumAndMomentsAreCutToo() {
        List<Function<Module, Optimizer<?>>> kinds = List.of(
                m -> new Sgd(m.parameters(), Sgd.Options.of(0.1).withDecay(0.01)),
                m -> new Adam(m.parameters(), Adam.Options.of(0.01)));
        for (Function<Module, Optimizer<?>> kind : kinds) {
            List<Map<String, float[]>> states = new ArrayList<>();
            List<Map<String, float[]>> momenta = new ArrayList<>();
            for (boolean early : new boolean[] {true, false}) {
                Module model = Topologies.concat(Init.of(1));
                Topologies.lively(model);
                BatchNorm norm = (BatchNorm) model.modules().get("3.1.1");
                Tensor mask = Tensor.of(new float[] {1, 0, 1, 1, 0, 0, 1});
                norm.scale().parametrize(new Masked(mask));
                norm.shift().parametrize(new Masked(mask));
                // All that writes into the same stream, so that its channels are dead behind the sum too.
                BatchNorm sum = (BatchNorm) model.modules().get("4.body.1");
                float[] inSum = new float[20];
                for (int i = 0; i < 20; i++) {
                    inSum[i] = i >= 5 && i < 12 ? mask.toFloats()[i - 5] : 1;
                }
                sum.scale().parametrize(new Masked(Tensor.of(inSum)));
                sum.shift().parametrize(new Masked(Tensor.of(inSum)));
                Optimizer<?> optimizer = kind.apply(model);
                Surgeon surgeon = Surgeon.of(model, Shape.of(2, 3, 6, 6));
                Tensor x = RandomSource.of(4).normal(Device.cpu(), Shape.of(4, 3, 6, 6));
                step(model, optimizer, x);
                if (early) {
                    surgeon.cut(surgeon.dead(), optimizer);
                    assertEquals(1, optimizer.steps());
                }
                step(model, optimizer, x);
                step(model, optimizer, x);
                if (!early) {
                    Plan plan = surgeon.dead();
                    assertEquals(3, plan.channels());
                    surgeon.cut(plan, optimizer);
                }
                states.add(copyOf(model.state()));
                momenta.add(copyOf(optimizer.state()));
            }
            assertEquals(4, states.get(0).get("3.1.1.scale").length);
            states.get(1)
                    .forEach((path, values) ->
                            assertArrayEquals(values, states.get(0).get(path), 2e-5f, path));
            momenta.get(1)
                    .forEach((path, values) ->
                            assertArrayEquals(values, momenta.get(0).get(path), 2e-5f, path));
        }
    }

    @Test
    void aCutIsRepeatedFromItsTextAndTheValuesAreLoaded() {
        Shape input = Shape.of(1, 3, 8, 8);
        for (ResNet.Shortcut shortcut : ResNet.Shortcut.values()) {
            Module model = ResNet.cifar(INIT, 8, shortcut);
            Topologies.lively(model);
            RandomSource random = RandomSource.of(6);
            model.modules().values().forEach(module -> {
                if (module instanceof BatchNorm norm) {
                    Tensor mask = Topologies.mask(random, norm.scale().shape(), 0, 0.4);
                    norm.scale().parametrize(new Masked(mask));
                    norm.shift().parametrize(new Masked(mask));
                }
            });
            Surgeon surgeon = Surgeon.of(model, input);
            Plan plan = surgeon.dead();
            surgeon.cut(plan);
            Plan second = surgeon.without(List.of(Selection.of("stage1block1.body.conv1.weight", 0)));
            surgeon.cut(second);
            Module other = ResNet.cifar(Init.of(99), 8, shortcut);
            Surgeon.repeat(other, input, plan.encoded() + "|" + second.encoded());
            other.load(model.state());
            LawTest.assertSame(Topologies.outputs(model, input), Topologies.outputs(other, input));
        }
    }

    @Test
    void aPlanIsForTheNetworkItWasMadeOf() {
        Module model = pointwise(Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        Surgeon surgeon = Surgeon.of(model, Shape.of(1, 1, 3, 3));
        Plan plan = surgeon.dead();
        surgeon.cut(plan);
        String message = assertThrows(IllegalStateException.class, () -> surgeon.cut(plan))
                .getMessage();
        assertEquals("surgery: the plan was made for another network, or before the last cut", message);
        String text = assertThrows(
                        IllegalArgumentException.class, () -> Surgeon.repeat(model, Shape.of(1, 1, 3, 3), "0.weight:x"))
                .getMessage();
        assertEquals("surgery: '0.weight:x' does not say which channels, as in conv1.weight:0:3,7", text);
        Conv2d first = (Conv2d) model.modules().get("0");
        assertEquals(Shape.of(1, 1, 1, 1), first.weight().shape());
    }
}
