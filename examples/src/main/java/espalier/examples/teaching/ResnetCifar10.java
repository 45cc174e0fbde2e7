package espalier.examples.teaching;

import espalier.autograd.op.Losses;
import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Role;
import espalier.nn.data.DataLoader;
import espalier.nn.model.ResNet;
import espalier.nn.optim.Schedule;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Evaluation;
import espalier.nn.train.Trainer;
import espalier.nn.train.TrainingListener;
import espalier.tensor.RandomSource;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * ResNet-20 on CIFAR-10. By default a short one-cycle recipe of fifteen epochs; with {@code --paper} the recipe of He
 * et al. 2016, section 4.2: 160 epochs, rate 0.1 divided by ten at half and at three quarters, decay 1e-4.
 */
@Command(name = "resnet-cifar10", description = "ResNet-20 on CIFAR-10.", mixinStandardHelpOptions = true)
public final class ResnetCifar10 implements Callable<Integer> {
    @Option(
            names = "--data",
            defaultValue = "cifar-10",
            description = "cifar-10, or the folder it is in. Default: ${DEFAULT-VALUE}.")
    private String data = "cifar-10";

    @Option(names = "--paper", description = "The recipe of the paper: 160 epochs.")
    private boolean paper;

    @Option(names = "--epochs", defaultValue = "15", description = "Of the short recipe. Default: ${DEFAULT-VALUE}.")
    private int epochs;

    @Option(names = "--seed", defaultValue = "1", description = "Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        Split cifar = DataCatalog.usual().read(data);
        RandomSource random = RandomSource.of(seed);
        DataLoader train = DataLoader.of(cifar.train(), 128)
                .shuffled(random.split("data"))
                .with(cifar.augment().then(cifar.normalize()));
        DataLoader test = DataLoader.of(cifar.test(), 250).with(cifar.normalize());

        int rounds = paper ? 160 : epochs;
        long steps = (long) rounds * train.batches();
        Sgd.Options options = paper
                ? Sgd.Options.of(0.1).withDecay(1e-4)
                : Sgd.Options.of(0.4).withDecay(5e-4).withNesterov();
        Schedule schedule = paper ? Schedule.multiStep(0.1, steps / 2, steps * 3 / 4) : Schedule.oneCycle(steps);

        Module model = ResNet.cifar(Init.of(seed), 20, ResNet.Shortcut.PADDED);
        Sgd optimizer = new Sgd(model.parameters(), options);
        optimizer.forRoles(EnumSet.of(Role.BIAS, Role.NORM_SCALE, Role.NORM_SHIFT), options.withDecay(0));
        new Trainer(model, optimizer, Losses::crossEntropy, random)
                .with(schedule)
                .with(new TrainingListener() {
                    @Override
                    public void onEpoch(Position at, EpochReport report) {
                        double accuracy = Evaluation.of(model, test).accuracy();
                        out.printf(
                                Locale.ROOT,
                                "epoch %d: loss %.4f, test accuracy %.2f %%, %.0f images/s%n",
                                at.epoch(),
                                report.loss(),
                                100 * accuracy,
                                report.samples() / report.seconds());
                        out.flush();
                    }
                })
                .train(train, rounds);
        double floor = paper ? 0.91 : epochs >= 15 ? 0.88 : 0.3;
        return Expectation.atLeast(
                out,
                "accuracy on the test images",
                floor,
                Evaluation.of(model, test).accuracy());
    }
}
