package espalier.examples.compress;

import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.sparsity.admm.Frozen;
import espalier.sparsity.parametrize.Chained;
import espalier.sparsity.quant.Activations;
import espalier.sparsity.quant.Binarized;
import espalier.sparsity.quant.Clip;
import espalier.sparsity.quant.FakeQuantized;
import espalier.sparsity.quant.LearnedActivations;
import espalier.sparsity.quant.LearnedScale;
import espalier.sparsity.quant.Ternarized;
import espalier.sparsity.quant.WeightScheme;
import espalier.tensor.packed.Scaling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Training with quantized weights, and activations if asked for, through the straight-through estimator (Jacob et al.
 * 2018): {@code bits = 4}, {@code binary} or {@code ternary}, or a word a layer; {@code learned = yes} learns the steps
 * of both (LSQ, Esser et al. 2020). At the end the weights are put on their levels and stay there.
 *
 * <p>Zeros that an earlier stage made stay zeros.
 */
final class QatStage implements Stage {
    private final TrainingPlan plan;
    private final Map<String, String> words;
    private final Map<String, Optional<WeightScheme>> schemes = new LinkedHashMap<>();
    private final Scaling scaling;
    private final InputQuantization inputs;
    private final boolean learned;

    QatStage(Settings settings, Workpiece piece) {
        plan = TrainingPlan.of(settings, 5, 0.005);
        words = BitWidths.words(settings, piece, "4");
        scaling = settings.choice("scaling", PtqStage.Each.CHANNEL).scaling;
        Clip clip = settings.choice("clip", Clip.MAX);
        inputs = InputQuantization.of(settings, "float");
        learned = settings.flag("learned", false);
        words.forEach((path, word) -> schemes.put(path, scheme(settings, path, word, clip)));
    }

    private Optional<WeightScheme> scheme(Settings settings, String path, String word, Clip clip) {
        if (word.equals("binary") || word.equals("ternary")) {
            return Optional.empty();
        }
        int bits = BitWidths.number(settings, path, word, 2, 16, " bits, nor binary or ternary");
        return Optional.of(new WeightScheme(bits, scaling, clip));
    }

    @Override
    public void run(Workpiece piece) {
        Map<String, Parameter> weights = piece.weights();
        weights.values().forEach(Parameter::materialize);
        HeldZeros.in(piece.net());
        schemes.forEach((path, scheme) -> quantize(Objects.requireNonNull(weights.get(path)), path, scheme));
        if (!inputs.isFloat() && learned) {
            LearnedActivations steps = LearnedActivations.of(piece.net(), inputs.observe(piece), inputs.bits());
            piece.quantizeInputs(Optional.empty());
            steps.during(() -> train(piece, steps.steps()));
            piece.quantizeInputs(Optional.of(steps.fixed()));
        } else {
            piece.quantizeInputs(inputs.calibrated(piece));
            train(piece, Map.of());
        }
        for (String path : schemes.keySet()) {
            Parameter weight = Objects.requireNonNull(weights.get(path));
            weight.materialize();
            weight.parametrize(new Frozen());
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("bits", words);
        figures.put("accuracy", piece.accuracy());
        Optional<Activations> activations = piece.inputs();
        activations.ifPresent(grids -> figures.put("activations", InputQuantization.figures(grids)));
        piece.tell(
                "qat",
                figures,
                String.format(
                        Locale.ROOT,
                        "weights: %s; activations: %s; accuracy %.2f %%",
                        words.values().stream()
                                .distinct()
                                .map(word -> Character.isDigit(word.charAt(0)) ? word + " bits" : word)
                                .collect(Collectors.joining(", ")),
                        inputs.isFloat() ? "floats" : inputs.bits() + " bits",
                        100 * piece.accuracy()));
    }

    /** Behind a mask, if there is one, so that pruned weights stay zero. */
    private void quantize(Parameter weight, String path, Optional<WeightScheme> scheme) {
        boolean binary = "binary".equals(words.get(path));
        if (scheme.isPresent() && learned) {
            LearnedScale.on(List.of(weight), scheme.get().bits(), scaling);
        } else {
            Parametrization levels = scheme.isPresent()
                    ? new FakeQuantized(scheme.get())
                    : binary
                            ? new Binarized(scaling, Binarized.Estimator.CLIPPED, Binarized.Zero.PRUNED)
                            : new Ternarized(scaling);
            Chained.behind(weight, levels);
        }
    }

    private boolean train(Workpiece piece, Map<String, Parameter> others) {
        Map<String, Parameter> all = new LinkedHashMap<>(piece.net().parameters());
        all.putAll(others);
        piece.train(
                plan, plan.schedule().over((long) plan.epochs() * piece.batches()), plan.optimizer(all, 0), List.of());
        return true;
    }
}
