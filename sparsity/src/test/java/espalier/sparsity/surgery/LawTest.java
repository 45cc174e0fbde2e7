package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.Summary;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Sequential;
import espalier.sparsity.parametrize.FactoredShift;
import espalier.sparsity.parametrize.Masked;
import espalier.sparsity.surgery.Topologies.Topology;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The law of surgery: the cut network computes what the masked one did, and has the predicted size. */
class LawTest {
    static List<Topology> withNorms() {
        return Topologies.withNorms().toList();
    }

    /** Without the one that takes longest and is like ResNet-18 here. */
    static List<Topology> quickWithNorms() {
        return Topologies.withNorms()
                .filter(topology -> !topology.name().equals("resnet50"))
                .toList();
    }

    static List<Topology> all() {
        return java.util.stream.Stream.concat(Topologies.withNorms(), Topologies.withBiases())
                .toList();
    }

    static List<Topology> small() {
        return all().stream()
                .filter(topology ->
                        !Set.of("resnet18", "resnet50", "vgg16", "mobilenet").contains(topology.name()))
                .toList();
    }

    /** Cuts what is dead and checks all that was promised. */
    private static Plan cut(Module model, Shape input) {
        List<float[]> before = Topologies.outputs(model, input);
        Surgeon surgeon = Surgeon.of(model, input);
        Plan plan = surgeon.dead();
        assertEquals(Summary.of(model, input).macs(), plan.before().macs());
        List<Plan> plans = surgeon.cutDead();
        if (!plans.isEmpty()) {
            assertEquals(plan.encoded(), plans.getFirst().encoded());
            plan = plans.getLast();
        }
        assertSame(before, Topologies.outputs(model, input));
        Summary after = Summary.of(model, input);
        assertEquals(after.parameters(), plan.after().parameters(), "parameters");
        assertEquals(after.macs(), plan.after().macs(), "multiply-adds");
        model.state().forEach((path, tensor) -> assertTrue(tensor.size() > 0, path + " is empty"));
        assertEquals(0, Surgeon.of(model, input).dead().channels(), "nothing is left to cut");
        return plan;
    }

    static void assertSame(List<float[]> expected, List<float[]> actual) {
        for (int i = 0; i < expected.size(); i++) {
            float[] y = expected.get(i);
            double largest = 0;
            for (float value : y) {
                largest = Math.max(largest, Math.abs(value));
            }
            assertTrue(largest > 0);
            for (int j = 0; j < y.length; j++) {
                assertEquals(y[j], actual.get(i)[j], 1e-5 * (1 + largest));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("withNorms")
    void channelsWhoseScaleAndShiftAreZeroAreCut(Topology topology) {
        Module model = topology.make();
        RandomSource random = RandomSource.of(7);
        for (Module module : model.modules().values()) {
            if (module instanceof BatchNorm norm) {
                FactoredShift.on(norm);
                Tensor mask = Topologies.mask(random, norm.scale().shape(), 0, 0.6);
                norm.scale().parametrize(new Masked(mask));
            }
        }
        Plan plan = cut(model, topology.input());
        assertTrue(plan.after().macs() < plan.before().macs());
        assertTrue(plan.after().parameters() < plan.before().parameters());
    }

    /**
     * A filter of zeros leaves its bias, or its batch norm's shift: a constant, folded or, where that is inexact, kept.
     */
    @ParameterizedTest
    @MethodSource("all")
    void filtersOfZerosAreCutWhereTheirConstantCanBeFolded(Topology topology) {
        Module model = topology.make();
        RandomSource random = RandomSource.of(8);
        model.parameters().forEach((path, parameter) -> {
            if (parameter.role() == Role.WEIGHT) {
                parameter.parametrize(new Masked(Topologies.mask(random, parameter.shape(), 0, 0.6)));
            }
        });
        cut(model, topology.input());
    }

    /** Channels that all readers multiply by zero are needed by nobody. */
    @ParameterizedTest
    @MethodSource("all")
    void channelsThatNobodyReadsAreCut(Topology topology) {
        Module model = topology.make();
        RandomSource random = RandomSource.of(9);
        model.parameters().forEach((path, parameter) -> {
            if (parameter.role() == Role.WEIGHT && parameter.shape().dim(1) > 1) {
                parameter.parametrize(new Masked(Topologies.mask(random, parameter.shape(), 1, 0.5)));
            }
        });
        cut(model, topology.input());
    }

    /** Masks of many seeds: where groups must stay equal, a first cut can leave what only a second one finds. */
    @ParameterizedTest
    @MethodSource("small")
    void oneCallCutsAllThatIsDead(Topology topology) {
        for (int seed = 1; seed <= 8; seed++) {
            for (int axis = 0; axis < 2; axis++) {
                Module model = topology.make();
                RandomSource random = RandomSource.of(seed);
                int of = axis;
                model.parameters().forEach((path, parameter) -> {
                    if (parameter.role() == Role.WEIGHT && parameter.shape().dim(of) > 1) {
                        parameter.parametrize(new Masked(Topologies.mask(random, parameter.shape(), of, 0.6)));
                    }
                });
                cut(model, topology.input());
            }
        }
    }

    /** What is cut in several steps is repeated from their texts, as a model file has them. */
    @Test
    void severalCutsAreRepeated() {
        Module model = Topologies.grouped(Init.of(3), true);
        Topologies.lively(model);
        RandomSource random = RandomSource.of(3);
        model.parameters().forEach((path, parameter) -> {
            if (parameter.role() == Role.WEIGHT && parameter.shape().dim(1) > 1) {
                parameter.parametrize(new Masked(Topologies.mask(random, parameter.shape(), 1, 0.6)));
            }
        });
        Shape input = Shape.of(2, 3, 7, 7);
        List<Plan> plans = Surgeon.of(model, input).cutDead();
        assertEquals(2, plans.size());
        Module other = Topologies.grouped(Init.of(9), true);
        Surgeon.repeat(other, input, plans.get(0).encoded() + "|" + plans.get(1).encoded());
        other.load(model.state());
        assertSame(Topologies.outputs(model, input), Topologies.outputs(other, input));
    }

    /** Weights that do not meet: the first filter is written, the second read. */
    @Test
    void whetherAnythingOfTheInputReachesTheOutput() {
        Module model = new Sequential(
                Topologies.conv(Init.of(1), 2, 2, 1, 0, 1, true), Topologies.conv(Init.of(2), 2, 1, 1, 0, 1, true));
        Parameter first = Objects.requireNonNull(model.parameters().get("0.weight"));
        Objects.requireNonNull(model.parameters().get("1.weight")).set(Tensor.of(new float[] {0, 4}, 1, 2, 1, 1));
        Surgeon surgeon = Surgeon.of(model, Shape.of(1, 2, 3, 3));
        first.set(Tensor.of(new float[] {0, 3, 0, 0}, 2, 2, 1, 1));
        assertFalse(surgeon.readsInput());
        first.set(Tensor.of(new float[] {0, 0, 0, 3}, 2, 2, 1, 1));
        assertTrue(surgeon.readsInput());
    }

    /**
     * A constant that one dead channel alone reads goes with it, in the same plan: B1 is folded into C, and A1 was for
     * B1.
     */
    @Test
    void whatOnlyTheDeadNeedIsDead() {
        Module model = new Sequential(
                Topologies.conv(Init.of(1), 1, 2, 1, 0, 1, true),
                Topologies.conv(Init.of(2), 2, 2, 1, 0, 1, false),
                Topologies.conv(Init.of(3), 2, 1, 1, 0, 1, true));
        Map<String, Parameter> parameters = model.parameters();
        Objects.requireNonNull(parameters.get("0.weight")).set(Tensor.of(new float[] {3, 0}, 2, 1, 1, 1));
        Objects.requireNonNull(parameters.get("0.bias")).set(Tensor.of(new float[] {1, 2}));
        Objects.requireNonNull(parameters.get("1.weight")).set(Tensor.of(new float[] {1, 0, 0, 5}, 2, 2, 1, 1));
        Objects.requireNonNull(parameters.get("2.weight")).set(Tensor.of(new float[] {1, 7}, 1, 2, 1, 1));
        Plan plan = cut(model, Shape.of(1, 1, 3, 3));
        assertEquals(2, plan.channels());
        assertEquals(70, Objects.requireNonNull(model.state().get("2.bias")).toFloats()[0], 1e-6);
    }

    @ParameterizedTest
    @MethodSource("all")
    void aNetworkWithoutZerosIsLeftAlone(Topology topology) {
        Module model = topology.make();
        Plan plan = Surgeon.of(model, topology.input()).dead();
        assertEquals(0, plan.channels());
        assertTrue(Surgeon.of(model, topology.input()).readsInput());
        assertTrue(plan.groups().isEmpty());
        assertTrue(plan.kept().isEmpty());
        assertEquals(plan.before(), plan.after());
        assertEquals(
                Summary.of(model, topology.input()).parameters(), plan.before().parameters());
    }

    /** Everything dead: one channel stays everywhere, and the network still runs. */
    @ParameterizedTest
    @MethodSource("quickWithNorms")
    void oneChannelStaysWhereAllAreDead(Topology topology) {
        Module model = topology.make();
        for (Module module : model.modules().values()) {
            if (module instanceof BatchNorm norm) {
                norm.scale().set(norm.scale().raw().value().mul(0));
                norm.shift().set(norm.shift().raw().value().mul(0));
            }
        }
        Surgeon surgeon = Surgeon.of(model, topology.input());
        List<float[]> before = Topologies.outputs(model, topology.input());
        surgeon.cut(surgeon.dead());
        assertSame(before, Topologies.outputs(model, topology.input()));
        model.state()
                .forEach((path, tensor) ->
                        assertFalse(Arrays.stream(tensor.shape().toArray()).anyMatch(dim -> dim == 0), path));
    }
}
