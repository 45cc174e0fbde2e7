package espalier.examples.compress;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;

/** The stages that a recipe can name. */
public enum StageCatalog {
    /** Dense training. */
    TRAIN("train", (settings, _) -> new TrainStage(settings)),
    /** Training of what is left. */
    RETRAIN("retrain", (settings, _) -> new TrainStage(settings)),
    /** Magnitude pruning at once. */
    MAGNITUDE("magnitude", MagnitudeStage::atOnce),
    /** Gradual magnitude pruning. */
    GMP("gmp", MagnitudeStage::gradual),
    /** Learned thresholds: STR, and STR-BN. */
    STR("str", StrStage::new),
    /** ADMM towards sparse weights. */
    ADMM("admm", AdmmStage::pruning),
    /** ADMM towards few levels. */
    QUANTIZE("quantize", AdmmStage::quantization),
    /** Partial freezing on few levels. */
    FREEZE("freeze", FreezeStage::new),
    /** Quantization without training. */
    PTQ("ptq", PtqStage::new),
    /** Quantization while training. */
    QAT("qat", QatStage::new),
    /** Weights that share few values: Deep Compression. */
    KMEANS("kmeans", SharingStage::new),
    /** Network slimming. */
    SLIMMING("slimming", SlimmingStage::new),
    /** Surgery between other stages. */
    CUT("cut", (settings, _) -> new CutStage());

    private final String label;
    private final BiFunction<Settings, Workpiece, Stage> maker;

    StageCatalog(String label, BiFunction<Settings, Workpiece, Stage> maker) {
        this.label = label;
        this.maker = maker;
    }

    /** Its name in a recipe. */
    public String label() {
        return label;
    }

    /**
     * A stage for a network, not yet run.
     *
     * @throws IllegalArgumentException if a setting is wrong, unknown, or does not fit the network
     */
    public Stage make(Settings settings, Workpiece piece) {
        Stage stage = maker.apply(settings, piece);
        settings.refuseUnknown();
        return stage;
    }

    /**
     * The stage of a name.
     *
     * @throws IllegalArgumentException listing the names there are
     */
    public static StageCatalog named(String name) {
        return Arrays.stream(values())
                .filter(stage -> stage.label.equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException(
                        "there is no stage or method called " + name + "; there are " + String.join(", ", names())));
    }

    /** All names. */
    public static List<String> names() {
        return Arrays.stream(values()).map(StageCatalog::label).toList();
    }
}
