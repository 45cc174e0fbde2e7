package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Residual;
import espalier.nn.layer.Sequential;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What goes and what stays where groups, several readers and several reasons meet. */
class KeepingTest {
    private static final Init INIT = Init.of(1);
    private static final Shape INPUT = Shape.of(1, 1, 3, 3);

    private static void set(Module model, String path, float... values) {
        Tensor old = model.state().get(path);
        old.copyInPlace(Tensor.of(values).reshape(old.shape()));
    }

    /** 1x1 filters on one channel, of which those at some indices are zero. */
    private static Conv2d stem(int filters, int... zeros) {
        Conv2d stem = Topologies.conv(INIT, 1, filters, 1, 0, 1, false);
        float[] weight = new float[filters];
        Arrays.fill(weight, 2);
        for (int zero : zeros) {
            weight[zero] = 0;
        }
        set(stem, "weight", weight);
        return stem;
    }

    private static List<Integer> lost(Plan plan, String path, int axis) {
        return plan.groups().stream()
                .flatMap(group -> group.losses().getOrDefault(new Site(path, axis), List.of()).stream())
                .sorted()
                .toList();
    }

    private static Plan cut(Module model) {
        Surgeon surgeon = Surgeon.of(model, INPUT);
        Plan plan = surgeon.dead();
        surgeon.cut(plan);
        return plan;
    }

    // ---- groups

    @Test
    void ofAGroupThatLosesMoreTheLastIsTakenBack() {
        Module model = new Sequential(stem(6, 0, 1, 4), Topologies.conv(INIT, 6, 2, 1, 0, 2, true));
        Plan plan = cut(model);
        assertEquals(List.of(0, 4), lost(plan, "0.weight", 0));
        assertEquals(List.of("0.weight axis 0: the 2 groups of conv2d in 1 must stay equal: index 1"), plan.kept());
    }

    /**
     * Pairs and triples of the same six: what is even for the pairs is not for the triples, and the other way round.
     */
    @Test
    void twoReadersWithOtherGroupsAreBothKeptEven() {
        Module model = new Module() {
            private final Module stem = child("stem", stem(6, 0, 2, 4));
            private final Module pairs = child("pairs", Topologies.conv(INIT, 6, 6, 1, 0, 3, true));
            private final Module triples = child("triples", Topologies.conv(INIT, 6, 6, 1, 0, 2, true));

            @Override
            protected Variable forward(Variable x) {
                Variable six = stem.apply(x);
                return pairs.apply(six).add(triples.apply(six));
            }
        };
        Plan plan = cut(model);
        assertEquals(0, plan.channels());
        assertEquals(
                List.of(
                        "stem.weight axis 0: the 3 groups of conv2d in pairs must stay equal: index 0, 4",
                        "stem.weight axis 0: the 2 groups of conv2d in triples must stay equal: index 2"),
                plan.kept());
    }

    /** Two filters for each channel, so two go with it, and the groups become fewer. */
    @Test
    void aDepthwiseFilterGoesWithItsChannel() {
        Module model = new Sequential(
                stem(3, 1), Topologies.conv(INIT, 3, 6, 3, 1, 3, false), Topologies.conv(INIT, 6, 1, 1, 0, 1, true));
        Plan plan = cut(model);
        assertEquals(List.of(2, 3), lost(plan, "1.weight", 0));
        assertEquals(List.of(2, 3), lost(plan, "2.weight", 1));
        assertEquals(2, ((Conv2d) model.modules().get("1")).spec().groups());
    }

    /** Four groups of two and four filters: the same number, but no depthwise convolution. */
    @Test
    void asManyFiltersAsGroupsAreNotDepthwise() {
        Module model = new Sequential(
                stem(4, 0, 2), Topologies.conv(INIT, 4, 2, 1, 0, 2, true), Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        Plan plan = cut(model);
        assertEquals(List.of(0, 2), lost(plan, "0.weight", 0));
        assertEquals(Shape.of(2, 1, 1, 1), model.state().get("1.weight").shape());
        assertEquals(2, ((Conv2d) model.modules().get("1")).spec().groups());
    }

    /** A depthwise convolution reads the constant 3 for no channel but its own: 3·9 of a kernel of ones. */
    @Test
    void aConstantPassesADepthwiseConvolutionAndIsFoldedBehindIt() {
        Module model = new Sequential(
                Topologies.conv(INIT, 1, 2, 1, 0, 1, true),
                Topologies.conv(INIT, 2, 2, 3, 0, 2, false),
                Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        set(model, "0.weight", 2, 0);
        set(model, "0.bias", 1, 3);
        set(model, "1.weight", Tensor.ones(18).toFloats());
        set(model, "2.weight", 5, 7);
        set(model, "2.bias", 0.5f);
        Plan plan = cut(model);
        assertEquals(1, plan.channels());
        assertArrayEquals(
                new float[] {0.5f + 7 * 27}, model.state().get("2.bias").toFloats());
    }

    // ---- what is needed

    /**
     * The last layer leaves one of the third, which alone reads one of the second, which alone reads one of the first.
     */
    @Test
    void whatOnlyTheUselessReadIsUseless() {
        Module model = new Sequential(
                stem(2),
                Topologies.conv(INIT, 2, 2, 1, 0, 1, true),
                Topologies.conv(INIT, 2, 2, 1, 0, 1, true),
                Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
        set(model, "1.weight", 1, 0, 0, 1);
        set(model, "2.weight", 1, 0, 0, 1);
        set(model, "3.weight", 1, 0);
        Plan plan = cut(model);
        assertEquals(3, plan.channels());
        assertEquals(List.of(1), lost(plan, "0.weight", 0));
        assertTrue(plan.groups().stream().allMatch(group -> group.why().equals("nothing needs it")));
    }

    /**
     * A batch norm hands on what it scales, be the scale above or below 0: only what it scales by 0 is not needed
     * before it.
     */
    @Test
    void aNegativeScaleNeedsItsChannel() {
        Module model = new Sequential(
                stem(3),
                Topologies.conv(INIT, 3, 3, 1, 0, 1, false),
                new BatchNorm(INIT, 3),
                Topologies.conv(INIT, 3, 1, 1, 0, 1, true));
        set(model, "1.weight", 1, 0, 0, 0, 1, 0, 0, 0, 1);
        set(model, "2.scale", 1, -1, 0);
        Plan plan = cut(model);
        assertEquals(List.of(2), lost(plan, "0.weight", 0));
        assertEquals(List.of(2), lost(plan, "1.weight", 0));
    }

    // ---- why a constant stays

    /**
     * The constant 3 stays for the padding's sake, but the reader before it sees that channel vary: no word about it.
     */
    @Test
    void aChannelThatVariesElsewhereIsNotCalledAConstant() {
        Module model = new Module() {
            private final Module stem = child("stem", stem(2));
            private final Module early = child("early", Topologies.conv(INIT, 2, 1, 1, 0, 1, true));
            private final Module norm = child("norm", new BatchNorm(INIT, 2));
            private final Module late = child("late", Topologies.conv(INIT, 2, 1, 3, 1, 1, true));

            @Override
            protected Variable forward(Variable x) {
                Variable two = stem.apply(x);
                Variable first = early.apply(two);
                return first.add(late.apply(norm.apply(two)));
            }
        };
        set(model, "norm.scale", 1, 0);
        set(model, "norm.shift", 0, 3);
        assertEquals(List.of(), Surgeon.of(model, INPUT).dead().kept());
    }

    /** An unknown operation holds the channel anyway. */
    @Test
    void ofWhatIsPinnedNothingIsSaid() {
        Module model = new Module() {
            private final Module stem = child("stem", Topologies.conv(INIT, 1, 2, 1, 0, 1, true));
            private final Module head = child("head", Topologies.conv(INIT, 2, 2, 3, 1, 1, true));

            @Override
            protected Variable forward(Variable x) {
                Variable two = stem.apply(x);
                return head.apply(two).add(two.cumsum(1));
            }
        };
        set(model, "stem.weight", 2, 0);
        set(model, "stem.bias", 1, 3);
        Plan plan = Surgeon.of(model, INPUT).dead();
        assertEquals(0, plan.channels());
        assertEquals(List.of(), plan.kept());
    }

    /** The mean of a batch norm takes a constant only if nobody else reads what stands before it. */
    @Test
    void aSecondReaderKeepsTheConstantOutOfTheBatchNorm() {
        Module model = new Module() {
            private final Module stem = child("stem", Topologies.conv(INIT, 1, 2, 1, 0, 1, true));
            private final Module middle = child("middle", Topologies.conv(INIT, 2, 1, 1, 0, 1, false));
            private final Module norm = child("norm", new BatchNorm(INIT, 1));

            @Override
            protected Variable forward(Variable x) {
                Variable one = middle.apply(stem.apply(x));
                return norm.apply(one).add(one);
            }
        };
        set(model, "stem.weight", 2, 0);
        set(model, "stem.bias", 1, 3);
        Plan plan = cut(model);
        assertEquals(0, plan.channels());
        assertEquals(
                List.of("stem.weight axis 0: the constant 3.0, and conv2d in middle has neither a bias nor a batch norm"
                        + " of its own behind it: index 1"),
                plan.kept());
    }

    /** Two results that are one channel by their sum, which is the output: joined later, pinned all the same. */
    @Test
    void theOutputIsKeptWhateverItIsMadeOf() {
        Module model = new Module() {
            private final Module left = child("left", stem(2, 1));
            private final Module right = child("right", stem(2, 1));

            @Override
            protected Variable forward(Variable x) {
                return left.apply(x).add(right.apply(x));
            }
        };
        Surgeon surgeon = Surgeon.of(model, INPUT);
        assertEquals(0, surgeon.dead().channels());
        assertEquals(
                "surgery: right.weight axis 0 index 1 cannot be cut: it is the output of the network",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> surgeon.without(List.of(Selection.of("right.weight", 1))))
                        .getMessage());
    }

    /** Input and output are one stream here: the reason that came first is told. */
    @Test
    void theFirstOfTwoReasonsIsTold() {
        Module model = new Residual(Topologies.conv(INIT, 2, 2, 1, 0, 1, false));
        assertEquals(
                "surgery: body.weight axis 0 index 0 cannot be cut: it is the input of the network",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Surgeon.of(model, Shape.of(1, 2, 3, 3))
                                        .without(List.of(Selection.of("body.weight", 0))))
                        .getMessage());
    }

    /** Two operations that surgery does not know read one channel. */
    @Test
    void theFirstOfTwoUnknownReadersIsTold() {
        Module model = new Module() {
            private final Module stem = child("stem", stem(2));

            @Override
            protected Variable forward(Variable x) {
                Variable two = stem.apply(x);
                return two.cumsum(1).add(two.flip(1));
            }
        };
        assertEquals(
                "surgery: stem.weight axis 0 index 0 cannot be cut: surgery does not know cumsum of shape [1, 2, 3, 3]",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Surgeon.of(model, INPUT).without(List.of(Selection.of("stem.weight", 0))))
                        .getMessage());
    }

    // ---- a weight that lies the other way round, and one that is read twice

    /** {@code x·W} with W {@code [in, out]}: filters are its columns. */
    @Test
    void aProductWithAStoredMatrixFromTheLeft() {
        Module model = new Module() {
            private final Module first = child("first", new Linear(INIT, 2, 3));
            private final Parameter middle =
                    parameter("middle", Role.WEIGHT, Tensor.of(new float[] {1, 0, 2, 3, 4, 0, 5, 6, 7, 0, 8, 9}, 3, 4));
            private final Module last = child("last", new Linear(INIT, 4, 1));

            @Override
            protected Variable forward(Variable x) {
                return last.apply(first.apply(x).matmul(middle.get()).relu());
            }
        };
        set(model, "first.weight", 1, 2, 3, 4, 0, 0);
        set(model, "first.bias", 1, 1, 0);
        Surgeon surgeon = Surgeon.of(model, Shape.of(2, 2));
        Plan plan = surgeon.dead();
        assertEquals(List.of(1), lost(plan, "middle", 1));
        assertEquals(List.of(2), lost(plan, "middle", 0));
        surgeon.cut(plan);
        assertArrayEquals(
                new float[] {1, 2, 3, 4, 5, 6}, model.state().get("middle").toFloats());
    }

    /** A layer that runs twice is cut once, and what it reads and makes is one stream. */
    @Test
    void aLayerThatRunsTwiceIsOne() {
        Module model = new Module() {
            private final Module stem = child("stem", new Linear(INIT, 2, 3));
            private final Module tied = child("tied", new Linear(INIT, 3, 3));
            private final Module norm = child("norm", new BatchNorm(INIT, 3));
            private final Module head = child("head", new Linear(INIT, 3, 2));

            @Override
            protected Variable forward(Variable x) {
                Variable once = norm.apply(tied.apply(stem.apply(x)));
                return head.apply(norm.apply(tied.apply(once)));
            }
        };
        set(model, "stem.weight", 1, 2, 0, 0, 3, 4);
        set(model, "tied.weight", 1, 2, 3, 0, 0, 0, 4, 5, 6);
        Surgeon surgeon = Surgeon.of(model, Shape.of(2, 2));
        Plan plan = surgeon.dead();
        assertEquals(1, plan.channels());
        assertEquals(9 + 12 + 6 + 8, plan.before().parameters());
        assertEquals(6 + 6 + 4 + 6, plan.after().parameters());
        assertEquals(2 * (6 + 9 + 9 + 6), plan.before().macs());
        assertEquals(2 * (4 + 4 + 4 + 4), plan.after().macs());
        surgeon.cut(plan);
        assertArrayEquals(
                new float[] {1, 3, 4, 6}, model.state().get("tied.weight").toFloats());
        assertEquals(Shape.of(2), model.state().get("norm.mean").shape());
    }
}
