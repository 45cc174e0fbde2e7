package espalier.examples.compress;

import espalier.autograd.op.Losses;
import espalier.examples.train.ScheduleOption;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.nn.optim.Adam;
import espalier.nn.optim.Optimizer;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Distillation;
import espalier.nn.train.Objective;
import java.util.EnumSet;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * How a stage trains: the same keys in every section of a recipe.
 *
 * @param epochs times through the data
 * @param optimizer SGD with momentum, or Adam
 * @param rate learning rate
 * @param momentum of SGD
 * @param decay weight decay, of weights only
 * @param schedule of the rate
 * @param smoothing of labels
 * @param distill the part of the loss that is the dense network's teaching, from 0 (labels only) to 1
 * @param temperature of its scores
 * @param crop by how many pixels images are moved at random, in place of what is usual for the data; a network of few
 *     weights learns more from images that move less
 */
public record TrainingPlan(
        int epochs,
        Kind optimizer,
        double rate,
        double momentum,
        double decay,
        ScheduleOption schedule,
        double smoothing,
        double distill,
        double temperature,
        OptionalInt crop) {
    /** The optimizers there are. */
    public enum Kind {
        /** Stochastic gradient descent with momentum. */
        SGD,
        /** Adam (Kingma and Ba 2015). */
        ADAM
    }

    private static final double LARGE = 1e6;

    /** The roles that are not decayed. */
    private static final EnumSet<Role> NOT_DECAYED =
            EnumSet.of(Role.BIAS, Role.NORM_SCALE, Role.NORM_SHIFT, Role.THRESHOLD, Role.GATE, Role.QUANTIZER);

    /** What a section says, with a stage's own defaults for what it does not say; the rate falls by a cosine. */
    public static TrainingPlan of(Settings settings, int epochs, double rate) {
        return of(settings, epochs, rate, ScheduleOption.COSINE);
    }

    /** What a section says, with a schedule of the stage's own too. */
    public static TrainingPlan of(Settings settings, int epochs, double rate, ScheduleOption schedule) {
        Kind kind = settings.choice("optimizer", Kind.SGD);
        return new TrainingPlan(
                positive(settings, epochs),
                kind,
                settings.within("lr", kind == Kind.ADAM ? 1e-3 : rate, 0, LARGE),
                settings.within("momentum", 0.9, 0, 1),
                settings.within("decay", kind == Kind.ADAM ? 0 : 5e-4, 0, LARGE),
                settings.choice("schedule", schedule),
                settings.within("smoothing", 0, 0, 1),
                settings.within("distill", 0, 0, 1),
                settings.within("temperature", 3, 1e-3, LARGE),
                crop(settings));
    }

    private static OptionalInt crop(Settings settings) {
        if (settings.text("crop").isEmpty()) {
            return OptionalInt.empty();
        }
        int pixels = settings.whole("crop", 0);
        if (pixels < 0) {
            throw settings.wrong("crop", pixels + " pixels are less than none");
        }
        return OptionalInt.of(pixels);
    }

    private static int positive(Settings settings, int otherwise) {
        int epochs = settings.whole("epochs", otherwise);
        if (epochs < 1) {
            throw settings.wrong("epochs", epochs + " is less than 1");
        }
        return epochs;
    }

    /**
     * An optimizer of all parameters of a model, those of parametrizations included.
     *
     * @param thresholds weight decay of learned thresholds
     */
    public Optimizer<?> optimizer(Module model, double thresholds) {
        return optimizer(model.parameters(), thresholds);
    }

    /** As {@link #optimizer(Module, double)}, of these parameters by path. */
    Optimizer<?> optimizer(Map<String, Parameter> parameters, double thresholds) {
        return switch (optimizer) {
            case SGD -> {
                Sgd.Options options = new Sgd.Options(rate, momentum, decay, false);
                yield new Sgd(parameters, options)
                        .forRoles(NOT_DECAYED, options.withDecay(0))
                        .forRoles(EnumSet.of(Role.THRESHOLD), options.withDecay(thresholds));
            }
            case ADAM -> {
                Adam.Options options = Adam.Options.of(rate).withDecay(decay);
                yield new Adam(parameters, options).forRoles(NOT_DECAYED, options.withDecay(0));
            }
        };
    }

    /** For this many epochs instead. */
    public TrainingPlan withEpochs(int other) {
        return new TrainingPlan(
                other, optimizer, rate, momentum, decay, schedule, smoothing, distill, temperature, crop);
    }

    /**
     * The loss.
     *
     * @param teacher the dense network, if there is one
     * @throws IllegalArgumentException if there is none and it is to teach
     */
    public Objective objective(Optional<Module> teacher) {
        if (distill == 0) {
            return (outputs, labels) -> Losses.crossEntropy(outputs, labels, smoothing);
        }
        Module dense = teacher.orElseThrow(() -> new IllegalArgumentException("distill = " + distill
                + " needs a trained network to learn from: put [train] before, or give a model" + " file"));
        return new Distillation(dense, distill, temperature);
    }
}
