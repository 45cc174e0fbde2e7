package espalier.examples.teaching;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.nn.data.DataLoader;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A network of one hidden layer on the 8x8 digits, with autograd but without modules, optimizers or trainers. */
@Command(name = "mlp-by-hand", description = "Autograd without layers: 8x8 digits.", mixinStandardHelpOptions = true)
public final class MlpByHand implements Callable<Integer> {
    private static final int HIDDEN = 64;
    private static final int EPOCHS = 30;
    private static final double RATE = 0.1;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final RandomSource random = RandomSource.of(1);

    // The parameters: weights small and random, biases zero.
    private final Variable w1 = Variable.parameter(start(64, HIDDEN));
    private final Variable b1 = Variable.parameter(Tensor.zeros(HIDDEN));
    private final Variable w2 = Variable.parameter(start(HIDDEN, 10));
    private final Variable b2 = Variable.parameter(Tensor.zeros(10));

    private Tensor start(int in, int out) {
        return random.split(in).normal(Device.cpu(), Shape.of(in, out)).mulInPlace(Math.sqrt(2.0 / in));
    }

    private Variable network(Tensor images) {
        Variable x = Variable.constant(images.flatten(1)); // [N, 64]
        Variable hidden = x.matmul(w1).add(b1).relu(); // [N, 64]
        return hidden.matmul(w2).add(b2); // [N, 10]
    }

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Split digits = DataCatalog.usual().read("digits");
        DataLoader loader = DataLoader.of(digits.train(), 32)
                .shuffled(random.split("order"))
                .with(digits.normalize());
        for (int epoch = 0; epoch < EPOCHS; epoch++) {
            loader.forEach(epoch, 0, batch -> {
                Variable loss = Losses.crossEntropy(network(batch.images()), batch.labels());
                loss.backward();
                for (Variable parameter : List.of(w1, b1, w2, b2)) {
                    parameter
                            .value()
                            .subInPlace(parameter.gradient().orElseThrow().mul(RATE));
                    parameter.clearGradient();
                }
            });
        }
        return Expectation.atLeast(out, "accuracy on held-out digits", 0.96, accuracy(digits));
    }

    private double accuracy(Split digits) {
        int[] right = new int[1];
        DataLoader.of(digits.test(), 64).with(digits.normalize()).forEach(0, 0, batch -> {
            Tensor scores = Autograd.withoutGrad(() -> network(batch.images()).value());
            right[0] += (int) scores.argmax(1).eq(batch.labels()).countNonZero().item();
        });
        return (double) right[0] / digits.test().size();
    }
}
