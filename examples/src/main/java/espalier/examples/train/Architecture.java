package espalier.examples.train;

import espalier.examples.data.Split;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.tensor.Shape;
import espalier.tensor.io.SafeTensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What must be known to build a network before its weights are loaded: the model and how many classes it tells apart.
 * Data says how many classes there are when a network begins to learn; from then on its file does.
 *
 * @param model which
 * @param classes how many outputs it has
 */
public record Architecture(ModelCatalog model, int classes) {
    private static final String MODEL = "model";
    private static final String CLASSES = "classes";
    private static final int MOST_CLASSES = 1_000_000;

    /**
     * Checks the number.
     *
     * @throws IllegalArgumentException if there cannot be so many classes
     */
    public Architecture {
        if (classes < 1 || classes > MOST_CLASSES) {
            throw new IllegalArgumentException("model " + model.label() + " cannot tell " + classes
                    + " classes apart; there can be from 1 to " + MOST_CLASSES);
        }
    }

    /**
     * For a network that shall learn from this data.
     *
     * @throws IllegalArgumentException if the images have another shape than the model takes, or there is nothing to be
     *     told apart
     */
    public static Architecture toLearn(ModelCatalog model, Split split) {
        model.requireFits(split);
        List<String> classes = split.train().classes();
        if (classes.size() < 2) {
            throw new IllegalArgumentException(
                    split.name() + " has one class, " + classes + ": there is nothing to tell apart");
        }
        return new Architecture(model, classes.size());
    }

    /**
     * Of the network in a file.
     *
     * @param wanted the name of its model; if empty, the file must say so
     * @throws IllegalArgumentException in one sentence, if it does not
     */
    public static Architecture of(Path file, SafeTensors saved, Optional<String> wanted) {
        String name = wanted.or(() -> Optional.ofNullable(saved.metadata().get(MODEL)))
                .orElseThrow(() -> new IllegalArgumentException(file
                        + " does not say which model it is: it may be a checkpoint; if it is a model, use --model"));
        ModelCatalog model = ModelCatalog.named(name);
        String said = saved.metadata().get(CLASSES);
        if (said == null) {
            return new Architecture(model, outputs(saved, model));
        }
        int classes;
        try {
            classes = Integer.parseInt(said);
        } catch (NumberFormatException problem) {
            throw new IllegalArgumentException(file + " is damaged: its " + CLASSES + " are '" + said + "'", problem);
        }
        // A number that no tensor bears out would have a network built that no memory holds.
        boolean isBorneOut = saved.names().stream()
                .map(tensor -> saved.entry(tensor).shape())
                .anyMatch(shape -> shape.rank() > 0 && shape.dim(0) == classes);
        if (!isBorneOut) {
            throw new IllegalArgumentException(
                    file + " is damaged: it says " + classes + " classes, and no tensor in it has as many rows");
        }
        return new Architecture(model, classes);
    }

    /** What a file does not say, its last bias shows, which has a number for each class. */
    private static int outputs(SafeTensors saved, ModelCatalog model) {
        List<String> parameters =
                List.copyOf(model.make(Init.of(0)).parameters().keySet());
        String last = parameters.getLast();
        boolean isThere = saved.contains(last) && saved.entry(last).shape().rank() == 1;
        return isThere ? saved.entry(last).shape().size() : model.classes();
    }

    /** What a file must say of its network to be loaded again. */
    public Map<String, String> metadata() {
        return Map.of(MODEL, model.label(), CLASSES, Integer.toString(classes));
    }

    /** A new network. */
    public Module make(Init init) {
        return model.make(init, classes);
    }

    /** The shape of one sample it takes. */
    public Shape input() {
        return model.input();
    }

    /**
     * Checks that data has the images and the number of classes that this network takes.
     *
     * @throws IllegalArgumentException with what both have
     */
    public void requireFits(Split split) {
        model.requireFits(split);
        int found = split.train().classes().size();
        if (found != classes) {
            throw new IllegalArgumentException("this " + model.label() + " tells " + classes + " classes apart, "
                    + split.name() + " has " + found + "; train one on " + split.name() + " first");
        }
    }

    /** The model's name, and the number of classes if it is not the published one. */
    public String label() {
        return classes == model.classes() ? model.label() : model.label() + " for " + classes + " classes";
    }
}
