package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.nn.Close;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parametrization;
import espalier.nn.data.ByteImages;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Dataset;
import espalier.nn.data.DigitsCsv;
import espalier.nn.data.SharedData;
import espalier.nn.layer.Activation;
import espalier.nn.layer.Flatten;
import espalier.nn.layer.Linear;
import espalier.nn.layer.Sequential;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Schedule;
import espalier.nn.optim.Sgd;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** The loop: what is called when, what reaches the optimizer, and that a network learns. */
class TrainerTest {
    /** Three samples of the number 1 (255/255), one class. */
    private static DataLoader ones(int batch) {
        byte[] pixels = {-1, -1, -1};
        return DataLoader.of(new ByteImages(pixels, new byte[3], Shape.of(1, 1, 1), List.of("only", "other")), batch);
    }

    /** y = w·x with w = 2. */
    private static Linear weight() {
        return new Linear(Init.of(1), 1, 1, Initializer.constant(2), false);
    }

    private static Module over(Linear layer) {
        return new Sequential(new Flatten(), layer);
    }

    private static final Objective OUTPUT = (outputs, labels) -> outputs.mean();

    @Test
    void listenersAreCalledInOrder() {
        List<String> calls = new ArrayList<>();
        Linear layer = weight();
        TrainingListener listener = new TrainingListener() {
            @Override
            public void onStart(Module model) {
                calls.add("start");
            }

            @Override
            public void onBackward(Position at) {
                calls.add("backward " + at.epoch() + " " + at.batch() + " " + at.step() + " "
                        + layer.weight().raw().gradient().orElseThrow().item());
            }

            @Override
            public void onStep(Position at, StepReport report) {
                assertTrue(layer.weight().raw().gradient().isEmpty());
                assertTrue(ForwardPass.current().isEmpty());
                calls.add("step " + at.epoch() + " " + at.batch() + " " + at.step() + " loss " + report.loss() + " of "
                        + report.samples());
            }

            @Override
            public void onEpoch(Position at, EpochReport report) {
                calls.add("epoch " + at.epoch() + " " + at.batch() + " loss " + report.loss() + " of "
                        + report.samples() + " right " + report.accuracy());
            }

            @Override
            public void onFinish(Module model) {
                calls.add("finish");
            }
        };
        Sgd sgd = new Sgd(layer.parameters(), Sgd.Options.of(1).withMomentum(0));
        new Trainer(over(layer), sgd, OUTPUT, RandomSource.of(1))
                .with(listener)
                .with(Schedule.step(1, 0.5))
                .train(ones(2), 1);
        // The slope is 1: w = 2, then 2 − 1, then 1 − 0.5.
        assertEquals(
                List.of(
                        "start",
                        "backward 0 0 0 1.0",
                        "step 0 1 1 loss 2.0 of 2",
                        "backward 0 1 1 1.0",
                        "step 0 2 2 loss 1.0 of 1",
                        "epoch 1 0 loss 1.6666666666666667 of 3 right 1.0",
                        "finish"),
                calls);
        Close.near(0, layer.weight().raw().value(), 0.5);
    }

    @Test
    void penaltiesAndChangedGradientsReachTheOptimizer() {
        Linear layer = weight();
        layer.weight().parametrize(new Parametrization() {
            @Override
            public Variable apply(Variable raw) {
                return raw;
            }

            @Override
            public Optional<Variable> penalty() {
                return Optional.of(layer.weight().raw().square().sum());
            }
        });
        List<Double> losses = new ArrayList<>();
        Sgd sgd = new Sgd(layer.parameters(), Sgd.Options.of(0.1).withMomentum(0));
        new Trainer(over(layer), sgd, OUTPUT, RandomSource.of(1))
                .with(new TrainingListener() {
                    @Override
                    public void onBackward(Position at) {
                        Variable raw = layer.weight().raw();
                        raw.setGradient(raw.gradient().orElseThrow().add(10));
                    }

                    @Override
                    public void onStep(Position at, StepReport report) {
                        losses.add(report.loss());
                    }
                })
                .train(ones(3), 1);
        // Slope 1, of the penalty 2·2, from the listener 10.
        Close.near(1e-6, layer.weight().raw().value(), 2 - 0.1 * 15);
        assertEquals(List.of(2.0), losses, "the loss that is told has no penalty in it");
    }

    @Test
    void passes() {
        assertTrue(ForwardPass.current().isEmpty() && !ForwardPass.isTraining());
        ForwardPass.training(RandomSource.of(1), () -> {
            assertTrue(ForwardPass.isTraining());
            ForwardPass.evaluation(() -> {
                assertTrue(!ForwardPass.isTraining() && ForwardPass.current().isPresent());
                return 0;
            });
            assertTrue(ForwardPass.isTraining());
            return 0;
        });
        assertTrue(ForwardPass.current().isEmpty());
        Tensor outputs = Evaluation.outputs(over(weight()), Tensor.ones(2, 1, 1, 1));
        Close.near(0, outputs, 2, 2);
    }

    @Test
    void aNetworkLearnsToReadDigits() throws IOException {
        Dataset digits = DigitsCsv.read(SharedData.at("digits/digits.csv.gz"));
        Dataset train = digits.select(
                IntStream.range(0, digits.size()).filter(i -> i % 5 != 0).toArray());
        Dataset test = digits.select(
                IntStream.range(0, digits.size()).filter(i -> i % 5 == 0).toArray());
        Init init = Init.of(1);
        Module model = new Sequential(
                new Flatten(), new Linear(init.in("a"), 64, 64), Activation.relu(), new Linear(init.in("b"), 64, 10));
        RandomSource random = RandomSource.of(2);
        DataLoader loader = DataLoader.of(train, 32).shuffled(random);
        Adam adam = new Adam(model.parameters(), Adam.Options.of(0.005));
        new Trainer(model, adam, Losses::crossEntropy, random)
                .with(Schedule.cosine(10L * loader.batches()))
                .train(loader, 10);
        ConfusionMatrix result = Evaluation.of(model, DataLoader.of(test, 100));
        assertEquals(360, result.total());
        // A network of this size reads about 97 % of held-out digits.
        assertTrue(result.accuracy() > 0.95, "accuracy " + result.accuracy());
        assertTrue(result.macroF1() > 0.95);
        assertTrue(Evaluation.topK(model, DataLoader.of(test, 100), 3) > 0.99);
    }
}
