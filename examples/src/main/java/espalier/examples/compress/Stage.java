package espalier.examples.compress;

/**
 * One thing that is done to a network: training, pruning, quantization, cutting.
 *
 * <p>A stage is a class whose constructor takes its {@link Settings}, so that a mistake in any of a recipe's stages is
 * found before the first one is run, and a row in {@link StageCatalog}.
 */
@FunctionalInterface
public interface Stage {
    /** Does it. */
    void run(Workpiece piece);
}
