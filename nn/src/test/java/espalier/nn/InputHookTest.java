package espalier.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.autograd.Variable;
import espalier.nn.layer.Activation;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Recomputed;
import espalier.nn.layer.Sequential;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a hook sees and changes, and that nothing of it stays. */
class InputHookTest {
    private static final Tensor X = Tensor.of(new float[] {-1, 2}, 1, 2);

    @Test
    void seesEveryModuleAndChangesItsInput() {
        Activation relu = Activation.relu();
        Module model = new Sequential(new Flatten(), relu);
        List<Module> seen = new ArrayList<>();
        Variable y = ForwardPass.hooked(
                (module, x) -> {
                    seen.add(module);
                    return module.equals(relu) ? x.mul(-3) : x;
                },
                () -> model.apply(Variable.constant(X)));
        assertArrayEquals(new float[] {3, 0}, y.value().toFloats());
        assertEquals(List.copyOf(model.modules().values()), seen);
        assertArrayEquals(
                new float[] {0, 2}, model.apply(Variable.constant(X)).value().toFloats());
    }

    @Test
    void whatIsRunAgainLaterIsHookedAgain() {
        Activation relu = Activation.relu();
        Module model = new Recomputed(relu);
        Variable x = Variable.parameter(X);
        Variable y = ForwardPass.hooked(
                (module, in) -> module.equals(relu) ? in.mul(-3) : in,
                () -> model.apply(x).sum());
        y.backward();
        assertArrayEquals(new float[] {-3, 0}, x.gradient().orElseThrow().add(0).toFloats()); // no −0
    }
}
