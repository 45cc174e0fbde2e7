package espalier.examples.compress;

import espalier.nn.Parameter;
import espalier.sparsity.admm.Frozen;
import espalier.sparsity.quant.DeepCompression;
import espalier.sparsity.quant.SharedWeights;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

/**
 * Weights share few values (Deep Compression, Han et al. 2016): {@code bits = conv1 8, fc1 5} says how long the number
 * of a value is; k-means finds the values, {@code epochs} trains them. What the streams of numbers and of gaps come to,
 * Huffman coded, is told a layer ({@link DeepCompression}).
 *
 * <p>Where weights are pruned one of the numbers stands for 0.
 */
final class SharingStage implements Stage {
    private final TrainingPlan plan;
    private final boolean trains;
    private final Map<String, Integer> bits;

    SharingStage(Settings settings, Workpiece piece) {
        trains = !settings.text("epochs", "3").equals("0");
        plan = TrainingPlan.of(trains ? settings : settings.with("epochs", "1"), 3, 1e-4);
        bits = BitWidths.numbers(settings, piece, "5", 1, 12);
    }

    @Override
    public void run(Workpiece piece) {
        Map<String, Parameter> weights = piece.weights();
        weights.values().forEach(Parameter::materialize);
        HeldZeros.in(piece.net());
        Map<String, SharedWeights> shared = new LinkedHashMap<>();
        bits.forEach((path, width) -> {
            Parameter weight = Objects.requireNonNull(weights.get(path));
            boolean pruned =
                    weight.get().value().countNonZero().item() < weight.shape().size();
            shared.put(path, SharedWeights.on(weight, (1 << width) - (pruned ? 1 : 0)));
        });
        double before = piece.accuracy();
        if (trains) {
            piece.train(plan, List.of());
        }
        Map<String, Object> layers = new LinkedHashMap<>();
        DeepCompression total = new DeepCompression(0, 0, 0, 0, 0);
        StringBuilder text = new StringBuilder();
        for (var layer : shared.entrySet()) {
            DeepCompression cost = DeepCompression.of(
                    layer.getValue().symbols(), layer.getValue().values().length);
            layers.put(layer.getKey(), figures(cost));
            text.append(layer.getKey()).append(": ").append(cost).append('\n');
            total = total.plus(cost);
            Parameter weight = Objects.requireNonNull(weights.get(layer.getKey()));
            weight.materialize();
            weight.parametrize(new Frozen());
        }
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("accuracy_before_training", before);
        figures.put("accuracy", piece.accuracy());
        figures.put("all", figures(total));
        figures.put("layers", layers);
        piece.tell(
                "kmeans",
                figures,
                text.append("all: ")
                        .append(total)
                        .append(String.format(
                                Locale.ROOT,
                                "; accuracy %.2f %%, before the values were trained %.2f %%",
                                100 * piece.accuracy(),
                                100 * before))
                        .toString());
    }

    private static Map<String, Object> figures(DeepCompression cost) {
        Map<String, Object> figures = new LinkedHashMap<>();
        figures.put("weights", cost.weights());
        figures.put("non_zeros", cost.nonZeros());
        figures.put("dense_bits", cost.dense());
        figures.put("pruned_bits", cost.pruned());
        figures.put("shared_bits", cost.shared());
        figures.put("coded_bits", cost.coded());
        return figures;
    }
}
