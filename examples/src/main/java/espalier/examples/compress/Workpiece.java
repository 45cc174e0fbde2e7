package espalier.examples.compress;

import espalier.examples.data.Split;
import espalier.examples.train.ProgressLine;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Dataset;
import espalier.nn.data.Transform;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Schedule;
import espalier.nn.train.Evaluation;
import espalier.nn.train.Trainer;
import espalier.nn.train.TrainingListener;
import espalier.sparsity.Sparsity;
import espalier.sparsity.admm.Residual;
import espalier.sparsity.prune.Budget;
import espalier.sparsity.prune.LayerHistory;
import espalier.sparsity.quant.Activations;
import espalier.sparsity.surgery.Plan;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** A network that goes through the stages of a recipe, with what it learns from and what it is judged by. */
public final class Workpiece {
    private final Module net;
    private final Split data;
    private final DataLoader unchanged;
    private final DataLoader test;
    private final Device device;
    private final RandomSource random;
    private final PrintWriter out;
    private final List<Milestone> milestones = new ArrayList<>();
    private final List<LayerHistory.Row> layerRows = new ArrayList<>();
    private final List<Residual> residuals = new ArrayList<>();
    private final Supplier<Module> maker;
    private Optional<Module> teacher = Optional.empty();
    private Optional<Activations> inputs = Optional.empty();
    private final Map<String, Object> figures = new LinkedHashMap<>();
    private Optional<Budget> budget = Optional.empty();
    private final List<String> told = new ArrayList<>();
    private final List<Plan> cuts = new ArrayList<>();
    private int trainings;

    /** A new network of some kind, and its data. */
    public Workpiece(
            Supplier<Module> maker, Split data, int batch, Device device, RandomSource random, PrintWriter out) {
        this.maker = maker;
        this.net = maker.get();
        this.data = data;
        this.device = device;
        this.random = random;
        this.out = out;
        unchanged = DataLoader.of(data.train(), batch)
                .shuffled(random.split("data"))
                .on(device);
        test = DataLoader.of(data.test(), 250).with(data.normalize()).on(device);
    }

    /** The network. */
    public Module net() {
        return net;
    }

    /** A new network of the same kind, untrained: what a recipe asks for is tried on it before anything is run. */
    Module blank() {
        return maker.get();
    }

    /** The network as it was after its first stage, which is the dense one. */
    public Optional<Module> teacher() {
        return teacher;
    }

    /** What it learns from, in batches. */
    public DataLoader train() {
        return train(data.augment());
    }

    private DataLoader train(Transform augment) {
        return unchanged.with(augment.then(data.normalize()));
    }

    /** What it learns from, in batches of images as they are, not augmented. */
    DataLoader unchanged() {
        return train(Transform.none());
    }

    /** What it is judged by. */
    public DataLoader test() {
        return test;
    }

    /** The data, as it was read. */
    public Split data() {
        return data;
    }

    /** Where progress is told. */
    public PrintWriter out() {
        return out;
    }

    /** How many steps an epoch has. */
    public int batches() {
        return unchanged.batches();
    }

    /** Trains, with listeners such as a pruning method. */
    public void train(TrainingPlan plan, List<? extends TrainingListener> listeners) {
        train(plan, plan.schedule().over((long) plan.epochs() * batches()), listeners);
    }

    /** Trains under a schedule of the stage's own. */
    public void train(TrainingPlan plan, Schedule schedule, List<? extends TrainingListener> listeners) {
        train(plan, schedule, plan.optimizer(net, 0), listeners);
    }

    /** Trains with an optimizer of the stage's own. */
    public void train(
            TrainingPlan plan, Schedule schedule, Optimizer<?> optimizer, List<? extends TrainingListener> listeners) {
        Trainer trainer = new Trainer(net, optimizer, plan.objective(teacher), random.split("training " + trainings++))
                .with(schedule)
                .with(new ProgressLine(out, plan.epochs(), batches()));
        listeners.forEach(trainer::with);
        quantized(() -> {
            trainer.train(train(augment(plan)), plan.epochs());
            return plan;
        });
    }

    private Transform augment(TrainingPlan plan) {
        return plan.crop().isPresent() ? Transform.crop(plan.crop().getAsInt()) : data.augment();
    }

    /** Rounds what flows into the layers from now on, in training and evaluation; not at all if empty. */
    void quantizeInputs(Optional<Activations> grids) {
        inputs = grids;
    }

    /** How what flows into the layers is rounded. */
    Optional<Activations> inputs() {
        return inputs;
    }

    private <T> T quantized(Supplier<T> block) {
        return inputs.map(grids -> grids.during(block)).orElseGet(block);
    }

    /** The first images of the training data as they are, in batches: to look at what flows through the network. */
    DataLoader calibration(int images) {
        Dataset first = data.train().first(Math.min(images, data.train().size()));
        return DataLoader.of(first, 250).with(data.normalize()).on(device);
    }

    /** The part of the test images it gets right. */
    public double accuracy() {
        return quantized(() -> Evaluation.of(net, test).accuracy());
    }

    /** Runs a stage and notes where the network then stands. Weights that are zero before stay zero. */
    public void run(String name, Stage stage) {
        long start = System.nanoTime();
        if (!milestones.isEmpty()) {
            HeldZeros.in(net);
        }
        stage.run(this);
        if (milestones.isEmpty()) {
            Module dense = maker.get();
            dense.load(net.state());
            teacher = Optional.of(dense);
        }
        Sparsity sparsity = Sparsity.of(net);
        double seconds = (System.nanoTime() - start) * 1e-9;
        long atFirst = milestones.isEmpty()
                ? sparsity.weights()
                : milestones.getFirst().weights();
        Milestone reached = new Milestone(name, accuracy(), atFirst, sparsity.nonZeros(), seconds);
        milestones.add(reached);
        out.printf(
                "[%s] accuracy %.2f %%, %,d of %,d weights (%.1fx), %.0f s%n",
                name,
                100 * reached.accuracy(),
                reached.nonZeros(),
                atFirst,
                (double) atFirst / reached.nonZeros(),
                seconds);
        Overpruned.sentence(sparsity, surgeon())
                .filter(sentence -> told.stream().noneMatch(before -> before.endsWith(sentence)))
                .ifPresent(sentence -> warn("[" + name + "] " + sentence));
        out.flush();
    }

    private void warn(String sentence) {
        told.add(sentence);
        out.println("WARNING: " + sentence);
    }

    /** Bakes in what stands between weights and layers, and cuts out the channels that are dead. */
    void cut() {
        net.parameters().values().forEach(Parameter::materialize);
        cuts.addAll(surgeon().cutDead());
    }

    /** Of the network as it is now. */
    Surgeon surgeon() {
        return Surgeon.of(net, data.train().sampleShape().inserting(0, 1));
    }

    /** What was cut out, one plan after the other. */
    public List<Plan> cuts() {
        return List.copyOf(cuts);
    }

    /** Tells what came of a stage and notes its figures, under its name and, from the second time on, a number. */
    void tell(String name, Map<String, Object> of, String text) {
        String key = name;
        for (int i = 2; figures.containsKey(key); i++) {
            key = name + " " + i;
        }
        figures.put(key, of);
        told.add(key + ": " + text);
        out.println(text);
        out.flush();
    }

    /** The figures of the stages that have some, by name. */
    public Map<String, Object> figures() {
        return Collections.unmodifiableMap(figures);
    }

    /** What those stages told. */
    public List<String> told() {
        return List.copyOf(told);
    }

    /** Notes what became of each layer in a stage. */
    void note(LayerHistory history) {
        layerRows.addAll(history.rows());
    }

    /** Notes how far the weights were from their sets in the rounds of a stage. */
    void note(List<Residual> rounds) {
        residuals.addAll(rounds);
    }

    /** Notes the shares of the layers that a stage has found. */
    void note(Budget found) {
        budget = Optional.of(found);
    }

    /** The shares of the layers that the last stage to learn some has found. */
    public Optional<Budget> budget() {
        return budget;
    }

    /** What became of each layer, epoch by epoch, in the stages that watch it. */
    public List<LayerHistory.Row> layerRows() {
        return List.copyOf(layerRows);
    }

    /** How far the weights were from their sets, round by round. */
    public List<Residual> residuals() {
        return List.copyOf(residuals);
    }

    /** Where it stood after each stage. */
    public List<Milestone> milestones() {
        return List.copyOf(milestones);
    }

    /**
     * The weights by path.
     *
     * @see #path
     */
    public Map<String, Parameter> weights() {
        return Sparsity.weights(net);
    }

    /**
     * The path of a layer's weight, as recipes name it: {@code conv1} or {@code conv1.weight}.
     *
     * @throws IllegalArgumentException listing the layers there are
     */
    public String path(String layer) {
        if (weights().containsKey(layer)) {
            return layer;
        }
        if (weights().containsKey(layer + ".weight")) {
            return layer + ".weight";
        }
        throw new IllegalArgumentException("there is no layer called " + layer + " with weights; there are "
                + String.join(
                        ", ",
                        weights().keySet().stream()
                                .map(path -> path.replaceFirst("\\.weight$", ""))
                                .toList()));
    }
}
