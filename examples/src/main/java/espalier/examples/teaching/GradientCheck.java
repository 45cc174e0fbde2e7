package espalier.examples.teaching;

import espalier.autograd.Edge;
import espalier.autograd.Variable;
import espalier.autograd.check.GradCheck;
import espalier.tensor.Tensor;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** An operation of one's own, its gradient held against central differences; and what a wrong gradient looks like. */
@Command(name = "gradient-check", description = "An operation of one's own, checked.", mixinStandardHelpOptions = true)
public final class GradientCheck implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** x³, and 3x² times what comes in. */
    private static Variable cube(Variable x) {
        Tensor v = x.value();
        return Variable.of(
                "cube", v.square().mul(v), Edge.edge(x, g -> g.mul(v.square()).mul(3)));
    }

    /** The same value with a gradient that forgets the 3. */
    private static Variable wrongCube(Variable x) {
        Tensor v = x.value();
        return Variable.of("wrongCube", v.square().mul(v), Edge.edge(x, g -> g.mul(v.square())));
    }

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        double error = GradCheck.of("cube", inputs -> cube(inputs.getFirst()))
                .input(3, 4)
                .verify();
        try {
            GradCheck.of("wrongCube", inputs -> wrongCube(inputs.getFirst()))
                    .input(3, 4)
                    .verify();
            out.println("the wrong gradient was not noticed");
            return 1;
        } catch (AssertionError e) {
            out.println("the wrong gradient is refused: " + e.getMessage());
        }
        return Expectation.atMost(out, "largest relative error of the right one", 1e-6, error);
    }
}
