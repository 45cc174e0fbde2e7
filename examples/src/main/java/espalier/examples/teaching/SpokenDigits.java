package espalier.examples.teaching;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.model.KeywordSpotter;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Gradients;
import espalier.nn.optim.Schedule;
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

/**
 * A recurrent network on recordings: FastGRNN (Kusupati et al. 2018) reads the log-mel frames of spoken digits one
 * after the other, and says after the last which digit it was.
 */
@Command(name = "spoken-digits", description = "A recurrent network on spoken digits.", mixinStandardHelpOptions = true)
public final class SpokenDigits implements Callable<Integer> {
    private enum Cell {
        FASTGRNN,
        GRU
    }

    @Option(
            names = "--data",
            defaultValue = "fsdd",
            description = "fsdd, or the folder it is in. Default: ${DEFAULT-VALUE}.")
    private String data = "fsdd";

    @Option(
            names = "--cell",
            defaultValue = "fastgrnn",
            description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
    private Cell cell = Cell.FASTGRNN;

    @Option(names = "--epochs", defaultValue = "20", description = "Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (epochs < 1) {
            throw new IllegalArgumentException("--epochs must be at least 1, not " + epochs);
        }
        Split digits = DataCatalog.usual().read(data);
        RandomSource random = RandomSource.of(seed);
        DataLoader train = DataLoader.of(digits.train(), 64).shuffled(random.split("data"));
        DataLoader test = DataLoader.of(digits.test(), 100);

        Init init = Init.of(seed);
        Module model = cell == Cell.GRU ? KeywordSpotter.gru(init, 10) : KeywordSpotter.fastGrnn(init, 10);
        Adam optimizer = new Adam(model.parameters(), Adam.Options.of(0.01));
        Schedule schedule = Schedule.cosine((long) epochs * train.batches());

        long[] step = new long[1];
        for (int epoch = 0; epoch < epochs; epoch++) {
            train.forEach(epoch, 0, batch -> {
                optimizer.clearGradients();
                Variable loss = ForwardPass.training(random.split(step[0]), () -> {
                    Variable scores = model.apply(Variable.constant(batch.images())); // [64, 10]
                    return Losses.crossEntropy(scores, batch.labels());
                });
                loss.backward();
                // Going back through 63 frames, a gradient can grow large: a long one is shortened.
                Gradients.clipNorm(model.parameters().values(), 1);
                optimizer.step(schedule.at(step[0]++));
            });
            double accuracy = Evaluation.of(model, test).accuracy();
            out.printf(Locale.ROOT, "epoch %d: test accuracy %.2f %%%n", epoch + 1, 100 * accuracy);
            out.flush();
        }
        return Expectation.atLeast(
                out,
                "accuracy on the test recordings",
                epochs >= 20 ? 0.95 : 0.3,
                Evaluation.of(model, test).accuracy());
    }
}
