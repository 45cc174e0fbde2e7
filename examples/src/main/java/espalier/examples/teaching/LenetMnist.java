package espalier.examples.teaching;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.model.LeNet;
import espalier.nn.optim.Schedule;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Evaluation;
import espalier.tensor.RandomSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** LeNet-5 on MNIST with the training loop written out: what {@code Trainer} does, in twenty lines. */
@Command(name = "lenet-mnist", description = "LeNet-5 on MNIST, the loop written out.", mixinStandardHelpOptions = true)
public final class LenetMnist implements Callable<Integer> {
    @Option(
            names = "--data",
            defaultValue = "mnist",
            description = "mnist, or the folder it is in. Default: ${DEFAULT-VALUE}.")
    private String data = "mnist";

    @Option(names = "--epochs", defaultValue = "10", description = "Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Split mnist = DataCatalog.usual().read(data);
        RandomSource random = RandomSource.of(seed);
        // Each image is shifted by up to two pixels, another way in every epoch.
        DataLoader train = DataLoader.of(mnist.train(), 128)
                .shuffled(random.split("data"))
                .with(mnist.augment().then(mnist.normalize()));
        DataLoader test = DataLoader.of(mnist.test(), 250).with(mnist.normalize());

        Module model = LeNet.lenet5(Init.of(seed));
        Sgd optimizer = new Sgd(model.parameters(), Sgd.Options.of(0.02).withDecay(5e-4));
        Schedule schedule = Schedule.cosine((long) epochs * train.batches());

        long[] step = new long[1];
        for (int epoch = 0; epoch < epochs; epoch++) {
            // Each batch runs in a scope: what it allocates goes back to the pool afterwards.
            train.forEach(epoch, 0, batch -> {
                optimizer.clearGradients();
                Variable loss = ForwardPass.training(random.split(step[0]), () -> {
                    Variable scores = model.apply(Variable.constant(batch.images())); // [128, 10]
                    return Losses.crossEntropy(scores, batch.labels());
                });
                loss.backward();
                optimizer.step(schedule.at(step[0]++));
            });
            double accuracy = Evaluation.of(model, test).accuracy();
            out.printf(Locale.ROOT, "epoch %d: test accuracy %.2f %%%n", epoch + 1, 100 * accuracy);
            out.flush();
        }
        return Expectation.atLeast(
                out,
                "accuracy on the test images",
                epochs >= 10 ? 0.99 : 0.9,
                Evaluation.of(model, test).accuracy());
    }
}
