package espalier.examples.train;

import espalier.examples.report.RunFolder;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.train.Evaluation;
import espalier.nn.train.TrainingListener;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * After each epoch: tests, notes the figures, saves a checkpoint; and saves one every so many steps, if asked to.
 *
 * <p>When the program is interrupted, the step under way is finished and a checkpoint saved, so that nothing has to be
 * done twice. One that takes longer than {@value #PATIENCE} seconds is given up: the last checkpoint is there then.
 */
final class Recorder implements TrainingListener, AutoCloseable {
    private static final int PATIENCE = 10;

    /** Writes a checkpoint. */
    @FunctionalInterface
    interface Saving {
        /** As training stands. */
        void save(Position at) throws IOException;
    }

    private final Module net;
    private final DataLoader test;
    private final RunFolder folder;
    private final EpochSoFar epoch;
    private final int everySteps;
    private final Saving checkpoint;
    private final PrintWriter console;
    private final CountDownLatch isSaved = new CountDownLatch(1);
    private final Thread ending = new Thread(this::interrupted);
    private volatile boolean isEnding;

    /** A recorder; {@code everySteps} of 0 means after epochs only. */
    Recorder(
            Module net,
            DataLoader test,
            RunFolder folder,
            EpochSoFar epoch,
            int everySteps,
            Saving checkpoint,
            PrintWriter console) {
        this.net = net;
        this.test = test;
        this.folder = folder;
        this.epoch = epoch;
        this.everySteps = everySteps;
        this.checkpoint = checkpoint;
        this.console = console;
        Runtime.getRuntime().addShutdownHook(ending);
    }

    /** Training is over: the program's end is no interruption any more. */
    @Override
    public void close() {
        try {
            Runtime.getRuntime().removeShutdownHook(ending);
        } catch (IllegalStateException problem) { // it is ending already
            stop("");
        }
    }

    @Override
    public void onStart(Module model) {
        epoch.start();
    }

    @Override
    public void onStep(Position at, StepReport report) {
        epoch.add(report);
        if (isEnding) {
            save(at);
            stop(" in epoch " + (at.epoch() + 1) + " after batch " + at.batch());
        }
        if (everySteps > 0 && at.step() % everySteps == 0) {
            save(at);
        }
    }

    @Override
    public void onEpoch(Position at, EpochReport report) {
        try {
            folder.epoch(at.epoch(), epoch.finish(), Evaluation.of(net, test).accuracy());
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
        save(at);
    }

    private void save(Position at) {
        try {
            checkpoint.save(at);
        } catch (IOException problem) {
            throw new UncheckedIOException(problem);
        }
    }

    /** Holds back the end of the program until the training thread has saved. */
    private void interrupted() {
        isEnding = true;
        try {
            if (!isSaved.await(PATIENCE, TimeUnit.SECONDS)) {
                console.printf("%nstopped in a long step; --resume goes on from the last checkpoint%n");
                console.flush();
            }
        } catch (InterruptedException problem) {
            Thread.currentThread().interrupt();
        }
    }

    /** Lets the program end, and waits for that, so that nothing is begun which would be left half done. */
    private void stop(String where) {
        console.printf("%nstopped%s; go on with --resume%n", where);
        console.flush();
        isSaved.countDown();
        while (true) {
            LockSupport.park();
        }
    }
}
