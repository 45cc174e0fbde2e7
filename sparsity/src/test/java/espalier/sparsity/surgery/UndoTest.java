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
import espalier.nn.layer.ShortcutA;
import espalier.sparsity.parametrize.Masked;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** A cut that fails at its end is taken back, with all that layers know besides their tensors. */
class UndoTest {
    private static final Init INIT = Init.of(1);
    private static final Shape INPUT = Shape.of(1, 2, 4, 4);

    /**
     * A stem, a depthwise convolution, a batch norm and a padded shortcut; it then asks for as many channels as ever.
     */
    private static final class Stubborn extends Module {
        private final Conv2d stem = child("stem", Topologies.conv(INIT, 2, 3, 1, 0, 1, false));
        private final Conv2d depthwise = child("depthwise", Topologies.conv(INIT, 3, 3, 3, 1, 3, false));
        private final BatchNorm norm = child("norm", new BatchNorm(INIT, 3));
        private final ShortcutA shortcut = child("shortcut", new ShortcutA(8));
        private final Parameter head = parameter("head", Role.WEIGHT, Tensor.ones(1, 8 * 4));

        @Override
        protected Variable forward(Variable x) {
            Variable wide = shortcut.apply(norm.apply(depthwise.apply(stem.apply(x))));
            int batch = x.shape().dim(0);
            return wide.reshape(batch, 8 * 4).matmul(head.get().t());
        }
    }

    @Test
    void layersAreAsWideAsTheyWere() {
        Stubborn model = new Stubborn();
        Topologies.lively(model);
        model.stem.weight().parametrize(new Masked(Tensor.of(new float[] {1, 0, 1}, 3, 1, 1, 1)));
        model.norm.scale().set(Tensor.of(new float[] {1, 0, 1}));
        model.norm.shift().set(Tensor.of(new float[] {1, 0, 1}));
        float[] mean = model.norm.mean().toFloats();
        var before = Topologies.outputs(model, INPUT);
        Surgeon surgeon = Surgeon.of(model, INPUT);
        Plan plan = surgeon.dead();
        assertEquals(1 + 5, plan.channels(), "the dead one, and the zeros of the shortcut");
        String refusal = assertThrows(IllegalStateException.class, () -> surgeon.cut(plan))
                .getMessage();
        assertTrue(refusal.startsWith("surgery: the network could not be cut and is as it was: reshape"), refusal);
        assertEquals(3, model.depthwise.spec().groups());
        assertEquals(8, model.shortcut.out());
        assertArrayEquals(mean, model.norm.mean().toFloats());
        assertTrue(model.stem.weight().parametrization().isPresent());
        LawTest.assertSame(before, Topologies.outputs(model, INPUT));
        assertEquals(plan.toString(), surgeon.dead().toString());
    }

    /** An output of NaN is not the same as one that is none. */
    @Test
    void anOutputThatIsNoNumberIsNotTheSame() {
        Module model = new Module() {
            private final Conv2d stem = child("stem", Topologies.conv(INIT, 2, 2, 1, 0, 1, false));
            private final Conv2d head = child("head", Topologies.conv(INIT, 2, 1, 1, 0, 1, true));

            @Override
            protected Variable forward(Variable x) {
                return head.apply(stem.apply(x)).add(Double.NaN);
            }
        };
        model.parameters().get("stem.weight").set(Tensor.of(new float[] {1, 1, 0, 0}, 2, 2, 1, 1));
        Surgeon surgeon = Surgeon.of(model, INPUT);
        String refusal = assertThrows(IllegalStateException.class, () -> surgeon.cut(surgeon.dead()))
                .getMessage();
        assertEquals("surgery: the network could not be cut and is as it was: its output would change by NaN", refusal);
        assertEquals(Shape.of(2, 2, 1, 1), model.state().get("stem.weight").shape());
    }
}
