package espalier.nn.train;

import espalier.nn.Module;
import espalier.nn.optim.Optimizer;
import espalier.nn.train.TrainingListener.Position;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that training needs to go on: the model, the optimizer's state and the position, in one safetensors file.
 * Tensors are called {@code model.<path>} and {@code optimizer.<name>.<path>}.
 *
 * <p>Random numbers follow from the seed and the position ({@link Trainer}), so there is no other state. The file is
 * written beside its place and renamed: whenever the process is killed, either the old or the new one is there, whole.
 */
public final class Checkpoint {
    private static final String MODEL = "model.";
    private static final String OPTIMIZER = "optimizer.";

    private Checkpoint() {}

    /**
     * Saves.
     *
     * @throws IOException if the file cannot be written; an older one is then still whole
     */
    public static void save(Path file, Module model, Optimizer<?> optimizer, Position position) throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        model.state().forEach((path, value) -> tensors.put(MODEL + path, value));
        optimizer.state().forEach((path, value) -> tensors.put(OPTIMIZER + path, value));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", "espalier-checkpoint-1");
        metadata.put("epoch", Integer.toString(position.epoch()));
        metadata.put("batch", Integer.toString(position.batch()));
        metadata.put("step", Long.toString(position.step()));
        SafeTensors.write(file, tensors, metadata);
    }

    /**
     * Restores model and optimizer, and returns the position to go on from.
     *
     * @throws IOException if the file cannot be read, is damaged, or belongs to another model
     */
    public static Position load(Path file, Module model, Optimizer<?> optimizer) throws IOException {
        try (SafeTensors saved = SafeTensors.open(file)) {
            Map<String, String> metadata = saved.metadata();
            if (!"espalier-checkpoint-1".equals(metadata.get("format"))) {
                throw new IOException(file + " is no checkpoint of espalier; a model file is read with --model-file");
            }
            Map<String, Tensor> modelState = new LinkedHashMap<>();
            Map<String, Tensor> optimizerState = new LinkedHashMap<>();
            for (String name : saved.names()) {
                if (name.startsWith(MODEL)) {
                    modelState.put(name.substring(MODEL.length()), saved.tensor(name, Device.cpu()));
                } else if (name.startsWith(OPTIMIZER)) {
                    optimizerState.put(name.substring(OPTIMIZER.length()), saved.tensor(name, Device.cpu()));
                }
            }
            Position position = new Position(
                    Integer.parseInt(metadata.getOrDefault("epoch", "0")),
                    Integer.parseInt(metadata.getOrDefault("batch", "0")),
                    Long.parseLong(metadata.getOrDefault("step", "0")));
            model.load(modelState);
            optimizer.resume(optimizerState, position.step());
            return position;
        }
    }
}
