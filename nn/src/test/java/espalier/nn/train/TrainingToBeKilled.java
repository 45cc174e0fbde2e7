package espalier.nn.train;

import espalier.autograd.op.Losses;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Transform;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Schedule;
import espalier.tensor.RandomSource;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.LongConsumer;

/**
 * A training run that saves a checkpoint after every step and goes on from it when started again: what
 * {@link KilledTrainingTest} kills. Says each step's number on standard output.
 */
final class TrainingToBeKilled {
    private static final int EPOCHS = 5;

    private TrainingToBeKilled() {}

    public static void main(String[] arguments) throws IOException {
        run(Path.of(arguments[0]), Path.of(arguments[1]), System.out::println);
    }

    /** Trains to the end, saving checkpoints in one file and the model in another. */
    static void run(Path checkpoint, Path result, LongConsumer progress) throws IOException {
        RandomSource random = RandomSource.of(17);
        Module model = Tiny.leNet(Init.of(17));
        Optimizer<?> optimizer = new Adam(model.parameters(), Adam.Options.of(0.004));
        DataLoader loader = DataLoader.of(Tiny.stripes(64, 1), 10)
                .shuffled(random)
                .with(Transform.flip().then(Transform.crop(2)));
        Trainer trainer = new Trainer(model, optimizer, Losses::crossEntropy, random)
                .with(Schedule.cosine(EPOCHS * loader.batches()))
                .with(new TrainingListener() {
                    @Override
                    public void onStep(Position at, StepReport report) {
                        save(checkpoint, model, optimizer, at);
                        progress.accept(at.step());
                    }
                });
        if (Files.exists(checkpoint)) {
            trainer.from(Checkpoint.load(checkpoint, model, optimizer));
        }
        trainer.train(loader, EPOCHS);
        SafeTensors.write(result, model.state(), java.util.Map.of());
    }

    private static void save(Path file, Module model, Optimizer<?> optimizer, TrainingListener.Position at) {
        try {
            Checkpoint.save(file, model, optimizer, at);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
