package espalier.sparsity.parametrize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.Role;
import espalier.nn.layer.BatchNorm;
import espalier.sparsity.Granularity;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Parametrizations one by one, on a few numbers. */
class ParametrizationsByHandTest {
    /** s of a sigmoid of 0.3. */
    private static final float S = (float) Math.log(0.3 / 0.7);

    private static Parameter threshold() {
        return new Parameter("threshold", Role.THRESHOLD, Tensor.scalar(S));
    }

    /** Adds a number, and is punished for it. */
    private record Plus(double number, List<Parameter> parameters, Optional<Variable> penalty)
            implements Parametrization {
        Plus(double number) {
            this(number, List.of(), Optional.empty());
        }

        Plus(double number, Parameter own, double penalty) {
            this(number, List.of(own), Optional.of(Variable.constant(Tensor.scalar((float) penalty))));
        }

        @Override
        public Variable apply(Variable raw) {
            return raw.add(number);
        }
    }

    @Test
    void theFirstOfAChainComesFirst() {
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {2, 3}));
        Chained.behind(weight, new Masked(Tensor.of(new float[] {1, 0})));
        assertArrayEquals(new float[] {2, 0}, weight.get().value().toFloats());
        Chained.behind(weight, new Plus(5));
        assertArrayEquals(new float[] {7, 5}, weight.get().value().toFloats()); // the other way round: 7 and 0
    }

    @Test
    void aChainHasWhatBothHave() {
        Parameter a = threshold();
        Parameter b = threshold();
        Plus first = new Plus(1, a, 2);
        Plus second = new Plus(1, b, 5);
        assertEquals(List.of(a, b), new Chained(first, second).parameters());
        assertEquals(
                7, new Chained(first, second).penalty().orElseThrow().value().item());
        assertEquals(
                2,
                new Chained(first, new Plus(1)).penalty().orElseThrow().value().item());
        assertEquals(
                5,
                new Chained(new Plus(1), second).penalty().orElseThrow().value().item());
        assertEquals(Optional.empty(), new Chained(new Plus(1), new Plus(1)).penalty());
    }

    /** With 0.3 the floor of two leaves 0.8 alone and spares 0.5, whose threshold is 0.25 then. */
    @Test
    void theFloorLooksAtTheLeastOfItsUnits() {
        Variable w = Variable.constant(Tensor.of(new float[] {0.5f, -0.2f, 0.05f, -0.8f}));
        SoftThreshold str = new SoftThreshold(threshold(), ThresholdMap.SIGMOID, Granularity.ELEMENT, 2);
        assertArrayEquals(new float[] {0.25f, 0, 0, -0.5f}, str.apply(w).value().toFloats(), 1e-6f);
        assertThrows(
                IllegalArgumentException.class,
                () -> SoftThreshold.Options.of(1).withFloor(-1));
    }

    @Test
    void marginsAreHowFarUnitsAreAbove() {
        Tensor w = Tensor.of(new float[] {0.5f, -0.2f, 0.05f, -0.8f});
        SoftThreshold str = new SoftThreshold(threshold(), ThresholdMap.SIGMOID, Granularity.ELEMENT);
        assertArrayEquals(
                new float[] {0.2f, -0.1f, -0.25f, 0.5f}, str.margins(w).toFloats(), 1e-6f);
    }

    @Test
    void thresholdsOfEachMap() {
        Variable s = Variable.constant(Tensor.scalar(S)); // e^s = 3/7
        assertEquals(0.3, ThresholdMap.SIGMOID.apply(s).value().item(), 1e-6);
        assertEquals(3 / 7.0, ThresholdMap.EXP.apply(s).value().item(), 1e-6);
        assertEquals(Math.log(10 / 7.0), ThresholdMap.SOFTPLUS.apply(s).value().item(), 1e-6);
        Parameter two = new Parameter("threshold", Role.THRESHOLD, Tensor.of(new float[] {S, -S}));
        assertEquals(0.5, new SoftThreshold(two, ThresholdMap.SIGMOID, Granularity.ELEMENT).threshold(), 1e-6);
    }

    /**
     * β = 1 at γ = 2 is β̂ = 0.5; a channel of scale 0 forgets its shift. In the form already, β̂ outlives a scale of
     * 0.
     */
    @Test
    void theShiftAsAMultipleOfTheScale() {
        BatchNorm norm = new BatchNorm(Init.of(1), 2);
        norm.scale().set(Tensor.of(new float[] {2, 0}));
        norm.shift().set(Tensor.of(new float[] {1, 3}));
        FactoredShift.on(norm);
        assertArrayEquals(new float[] {0.5f, 0}, norm.shift().raw().value().toFloats());
        assertArrayEquals(new float[] {1, 0}, norm.shift().get().value().toFloats());
        norm.scale().set(Tensor.of(new float[] {0, 3}));
        FactoredShift.on(norm);
        assertArrayEquals(new float[] {0.5f, 0}, norm.shift().raw().value().toFloats());
    }

    /** Thresholds before the entries of m are trained with them. */
    @Test
    void aLowRankFormHasTheThresholdsOfItsRanks() {
        Parameter weight = new Parameter("weight", Role.WEIGHT, Tensor.of(new float[] {3, 0, 0, 2}, 2, 2));
        LowRank form = LowRank.on("w", weight);
        assertEquals(3, form.parameters().size());
        SoftThreshold.on(List.of(form.ranks()), SoftThreshold.Options.of(-1));
        assertEquals(4, form.parameters().size());
        assertEquals(Role.THRESHOLD, form.parameters().getLast().role());
    }
}
