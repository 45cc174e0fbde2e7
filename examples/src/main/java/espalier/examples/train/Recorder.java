package espalier.examples.train;

import espalier.examples.report.RunFolder;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.optim.Optimizer;
import espalier.nn.train.Checkpoint;
import espalier.nn.train.Evaluation;
import espalier.nn.train.TrainingListener;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;

/**
 * After each epoch: tests, notes the figures, saves a checkpoint; and saves one every so many steps, if asked to.
 *
 * <p>When the program is interrupted, a checkpoint that is being written is finished first, so that no part of one is
 * left.
 */
final class Recorder implements TrainingListener {
    private final Module net;
    private final Optimizer<?> optimizer;
    private final DataLoader test;
    private final RunFolder folder;
    private final Path checkpoint;
    private final int everySteps;
    private final Map<String, String> settings;
    private final ReentrantLock writing = new ReentrantLock();
    private final Thread ending = new Thread(writing::lock); // holds back the end, and whatever would begin after it

    /** A recorder; {@code everySteps} of 0 means after epochs only. */
    Recorder(
            Module net,
            Optimizer<?> optimizer,
            DataLoader test,
            RunFolder folder,
            Path checkpoint,
            int everySteps,
            Map<String, String> settings) {
        this.net = net;
        this.optimizer = optimizer;
        this.test = test;
        this.folder = folder;
        this.checkpoint = checkpoint;
        this.everySteps = everySteps;
        this.settings = settings;
    }

    @Override
    public void onStart(Module model) {
        Runtime.getRuntime().addShutdownHook(ending);
    }

    @Override
    public void onFinish(Module model) {
        Runtime.getRuntime().removeShutdownHook(ending);
    }

    @Override
    public void onStep(Position at, StepReport report) {
        if (everySteps > 0 && at.step() % everySteps == 0) {
            save(at);
        }
    }

    @Override
    public void onEpoch(Position at, EpochReport report) {
        try {
            folder.epoch(at.epoch(), report, Evaluation.of(net, test).accuracy());
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
        save(at);
    }

    private void save(Position at) {
        writing.lock();
        try {
            Checkpoint.save(checkpoint, net, optimizer, at, settings);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        } finally {
            writing.unlock();
        }
    }
}
