package espalier.examples.teaching;

import espalier.tensor.Linalg;
import espalier.tensor.Shaping;
import espalier.tensor.Tensor;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Tensors in ten lines: a line through four points, by the normal equations. */
@Command(name = "first-tensor", description = "Tensors in ten lines.", mixinStandardHelpOptions = true)
public final class FirstTensor implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        Tensor x = Tensor.of(new float[] {0, 1, 2, 3});
        Tensor y = Tensor.of(new float[] {1, 3, 5, 7});

        // Broadcasting: a column [4, 1] beside a row of ones makes [4, 2] when stacked.
        Tensor design = Shaping.stack(1, List.of(x, Tensor.ones(4)));
        out.println("design " + design);

        // Views cost nothing: t() is the same memory with its strides exchanged.
        Tensor gram = design.t().matmul(design);
        out.println("gram   " + gram);

        Tensor right = design.t().matmul(y.unsqueeze(1));
        Tensor line = Linalg.choleskySolve(gram, right);
        out.println("slope and intercept " + line);

        double miss =
                line.sub(Tensor.of(new float[] {2, 1}, 2, 1)).abs().maxOver().item();
        return Expectation.atMost(out, "distance from slope 2, intercept 1", 1e-5, miss);
    }
}
