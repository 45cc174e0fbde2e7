package espalier.examples.compress;

import espalier.sparsity.quant.ActivationRange;
import espalier.sparsity.quant.Activations;
import espalier.sparsity.quant.Calibration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How a section says that what flows into the layers is quantized: {@code activations = 8} bits or {@code float},
 * {@code calibration = minmax}, {@code average}, {@code percentile}, {@code mse} or {@code entropy}, and how many
 * {@code images} are looked at for it.
 *
 * @param bits of an activation; 0 for floats
 * @param rule how ranges follow from what was seen
 * @param percentile the part of the magnitudes that {@link Rule#PERCENTILE} keeps
 * @param images that are looked at
 */
record InputQuantization(int bits, Rule rule, double percentile, int images) {
    /** The calibrations by name. */
    enum Rule {
        MINMAX,
        AVERAGE,
        PERCENTILE,
        MSE,
        ENTROPY
    }

    /** What a section says. */
    static InputQuantization of(Settings settings, String otherwise) {
        String text = settings.text("activations", otherwise);
        int bits = text.equals("float") ? 0 : settings.whole("activations", otherwise.equals("float") ? 0 : 8);
        if (bits != 0 && (bits < 2 || bits > 16)) {
            throw settings.wrong("activations", bits + " is neither from 2 to 16 bits nor float");
        }
        int images = settings.whole("images", 1000);
        if (images < 1) {
            throw settings.wrong("images", images + " is less than 1");
        }
        double percentile = settings.number("percentile", 0.9999);
        if (!(percentile > 0 && percentile <= 1)) {
            throw settings.wrong("percentile", percentile + " is not above 0 and at most 1, such as 99.99%");
        }
        return new InputQuantization(bits, settings.choice("calibration", Rule.MINMAX), percentile, images);
    }

    /** Whether activations stay floats. */
    boolean isFloat() {
        return bits == 0;
    }

    /** What flows into each layer on images of the training data. */
    Map<String, ActivationRange> observe(Workpiece piece) {
        return Activations.observe(piece.net(), piece.calibration(images));
    }

    /** Grids for what is seen now; none for floats. */
    Optional<Activations> calibrated(Workpiece piece) {
        return isFloat()
                ? Optional.empty()
                : Optional.of(Activations.calibrated(piece.net(), observe(piece), calibration(), bits));
    }

    private Calibration calibration() {
        return switch (rule) {
            case MINMAX -> new Calibration.MinMax();
            case AVERAGE -> new Calibration.MovingAverage();
            case PERCENTILE -> new Calibration.Percentile(percentile);
            case MSE -> new Calibration.SquaredError();
            case ENTROPY -> new Calibration.Entropy();
        };
    }

    /** The grids as figures: the ends and the step of each layer's input. */
    static Map<String, Object> figures(Activations activations) {
        Map<String, Object> figures = new LinkedHashMap<>();
        activations
                .grids()
                .forEach((path, grid) -> figures.put(
                        path,
                        Map.of(
                                "least",
                                grid.min(),
                                "largest",
                                grid.max(),
                                "step",
                                grid.scale(),
                                "values",
                                grid.levels())));
        return figures;
    }
}
