package espalier.examples.compress;

import espalier.nn.Parameter;
import espalier.sparsity.admm.Frozen;
import espalier.sparsity.quant.Activations;
import espalier.sparsity.quant.BatchNormFolding;
import espalier.sparsity.quant.BatchNormStatistics;
import espalier.sparsity.quant.Clip;
import espalier.sparsity.quant.Grids;
import espalier.sparsity.quant.WeightScheme;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.Scaling;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * Quantization of a trained network without training (Krishnamoorthi 2018): weights onto symmetric grids,
 * {@code scaling = channel} or {@code tensor}, {@code clip = max} or {@code mse}; activations onto grids for what a few
 * images show ({@link InputQuantization}).
 *
 * <p>{@code fold = yes} first works batch norms into the layers before them, {@code statistics = yes} afterwards
 * measures their means and variances anew. The weights stay on their grids: a later stage trains biases and norms
 * alone. The packed file holds the grids of the weights; that activations are rounded is part of the accuracies told
 * here, while the run time computes with floats.
 */
final class PtqStage implements Stage {
    /** What has a grid of its own. */
    enum Each {
        CHANNEL(Scaling.PER_ROW),
        TENSOR(Scaling.PER_MATRIX);

        final Scaling scaling;

        Each(Scaling scaling) {
            this.scaling = scaling;
        }
    }

    private final Map<String, WeightScheme> schemes = new LinkedHashMap<>();
    private final InputQuantization inputs;
    private final boolean fold;
    private final boolean statistics;

    PtqStage(Settings settings, Workpiece piece) {
        Scaling scaling = settings.choice("scaling", Each.CHANNEL).scaling;
        Clip clip = settings.choice("clip", Clip.MAX);
        BitWidths.numbers(settings, piece, "8", 2, 16)
                .forEach((path, bits) -> schemes.put(path, new WeightScheme(bits, scaling, clip)));
        inputs = InputQuantization.of(settings, "8");
        fold = settings.flag("fold", false);
        statistics = settings.flag("statistics", false);
    }

    @Override
    public void run(Workpiece piece) {
        piece.weights().values().forEach(Parameter::materialize);
        double before = piece.accuracy();
        List<String> folded = fold ? BatchNormFolding.fold(piece.net()) : List.of();
        Map<String, Object> weights = new LinkedHashMap<>();
        try (TensorScope _ = TensorScope.open()) {
            schemes.forEach((path, scheme) -> weights.put(path, quantize(weight(piece, path), scheme)));
        }
        if (statistics) {
            BatchNormStatistics.measure(piece.net(), piece.calibration(inputs.images()));
        }
        double afterWeights = piece.accuracy();
        Optional<Activations> activations = inputs.calibrated(piece);
        piece.quantizeInputs(activations);
        double after = piece.accuracy();
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("accuracy_before", before);
        figures.put("accuracy_weights", afterWeights);
        figures.put("accuracy_weights_and_activations", after);
        figures.put("weights", weights);
        figures.put("folded", folded);
        activations.ifPresent(grids -> figures.put("activations", InputQuantization.figures(grids)));
        piece.tell(
                "ptq",
                figures,
                String.format(
                        Locale.ROOT,
                        "accuracy %.2f %%; with weights on their grids %.2f %%; with activations %s %.2f %%",
                        100 * before,
                        100 * afterWeights,
                        inputs.isFloat() ? "as floats" : "of " + inputs.bits() + " bits",
                        100 * after));
    }

    private static Parameter weight(Workpiece piece, String path) {
        return Objects.requireNonNull(piece.weights().get(path));
    }

    /** Puts a weight on its grids and holds it there. */
    private static Map<String, Object> quantize(Parameter weight, WeightScheme scheme) {
        Tensor w = weight.raw().value();
        Grids grids = scheme.grids(w);
        Tensor near = grids.nearest(w);
        double error = near.sub(w).square().sum().item()
                / Math.max(1e-30, w.square().sum().item());
        weight.set(near);
        weight.parametrize(new Frozen());
        return Map.of("bits", scheme.bits(), "grids", grids.all().size(), "relative_squared_error", error);
    }
}
