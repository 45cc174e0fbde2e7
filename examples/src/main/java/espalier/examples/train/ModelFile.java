package espalier.examples.train;

import espalier.nn.Module;
import espalier.sparsity.surgery.Surgeon;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.util.Map;

/**
 * Model files. Besides the weights, a file says which model it is under {@code model}, and, if that was cut smaller,
 * what was cut under {@code cuts}: the new model is cut the same way before it gets the weights.
 */
public final class ModelFile {
    /** The key under which a file says how its model was cut. */
    public static final String CUTS = "cuts";

    private ModelFile() {}

    /**
     * Gives a new model the weights of a file.
     *
     * @param sample the shape of one input
     * @throws espalier.tensor.ShapeException if the file is one of another model
     */
    public static void load(Module net, Shape sample, SafeTensors saved, Device device) throws IOException {
        String cuts = saved.metadata().getOrDefault(CUTS, "");
        if (!cuts.isEmpty()) {
            Surgeon.repeat(net, sample.inserting(0, 1), cuts);
        }
        net.load(saved.tensors(device));
    }

    /** Notes a cut in a file's metadata, after those that are there. */
    public static void noteCut(Map<String, String> metadata, String cut) {
        metadata.merge(CUTS, cut, (before, now) -> before + "|" + now);
    }
}
