package espalier.nn.train;

import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.data.Batch;
import espalier.nn.data.DataLoader;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Schedule;
import espalier.nn.train.TrainingListener.EpochReport;
import espalier.nn.train.TrainingListener.Position;
import espalier.nn.train.TrainingListener.StepReport;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The usual loop: forward, backward, step, for each batch of each epoch, with listeners in between.
 *
 * <pre>{@code
 * new Trainer(model, new Sgd(model.parameters(), Sgd.Options.of(0.1)), Losses::crossEntropy, RandomSource.of(1))
 *         .with(Schedule.cosine(10 * loader.batches()))
 *         .train(loader, 10);
 * }</pre>
 *
 * <p>All randomness comes from the source and the position, so a run that is resumed at a position goes on bit for bit
 * as if it had not been interrupted.
 */
public final class Trainer {
    private final Module model;
    private final Optimizer<?> optimizer;
    private final Objective objective;
    private final RandomSource random;
    private final List<TrainingListener> listeners = new ArrayList<>();
    private Schedule schedule = Schedule.constant();
    private Position position = Position.START;

    /** A trainer of this model. */
    public Trainer(Module model, Optimizer<?> optimizer, Objective objective, RandomSource random) {
        this.model = model;
        this.optimizer = optimizer;
        this.objective = objective;
        this.random = random;
    }

    /** With a schedule over steps. */
    public Trainer with(Schedule other) {
        schedule = other;
        return this;
    }

    /** With another listener, called after those before it. */
    public Trainer with(TrainingListener listener) {
        listeners.add(listener);
        return this;
    }

    /** From a position, as a checkpoint saved it. */
    public Trainer from(Position saved) {
        position = saved;
        return this;
    }

    /** How far it has come. */
    public Position position() {
        return position;
    }

    /** Trains until this many epochs are done. */
    public void train(DataLoader loader, int epochs) {
        listeners.forEach(listener -> listener.onStart(model));
        while (position.epoch() < epochs) {
            epoch(loader);
        }
        listeners.forEach(listener -> listener.onFinish(model));
    }

    private void epoch(DataLoader loader) {
        long start = System.nanoTime();
        RunningMean loss = new RunningMean();
        RunningMean accuracy = new RunningMean();
        loader.forEach(position.epoch(), position.batch(), batch -> {
            StepReport report = step(batch);
            loss.add(report.loss(), report.samples());
            accuracy.add((double) report.correct() / report.samples(), report.samples());
            position = new Position(position.epoch(), position.batch() + 1, position.step() + 1);
            listeners.forEach(listener -> listener.onStep(position, report));
        });
        position = new Position(position.epoch() + 1, 0, position.step());
        double seconds = (System.nanoTime() - start) * 1e-9;
        EpochReport report = new EpochReport(loss.value(), accuracy.value(), (int) loss.weight(), seconds);
        listeners.forEach(listener -> listener.onEpoch(position, report));
    }

    private StepReport step(Batch batch) {
        RandomSource ofStep = random.split("step").split(position.step());
        return ForwardPass.training(ofStep, () -> {
            Variable outputs = model.apply(Variable.constant(batch.images()));
            Variable loss = objective.of(outputs, batch);
            penalties().map(loss::add).orElse(loss).backward();
            listeners.forEach(listener -> listener.onBackward(position));
            optimizer.step(schedule.at(position.step()));
            optimizer.clearGradients();
            Tensor hits = outputs.value().argmax(1).eq(batch.labels());
            return new StepReport(loss.value().item(), (int) hits.countNonZero().item(), batch.size());
        });
    }

    /** The sum of what parametrizations add to the loss. */
    private Optional<Variable> penalties() {
        return model.parameters().values().stream()
                .map(Parameter::parametrization)
                .flatMap(Optional::stream)
                .map(p -> p.penalty())
                .flatMap(Optional::stream)
                .reduce(Variable::add);
    }
}
