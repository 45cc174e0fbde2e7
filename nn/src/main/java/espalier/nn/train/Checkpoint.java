package espalier.nn.train;

import espalier.nn.Module;
import espalier.nn.optim.Optimizer;
import espalier.nn.train.TrainingListener.Position;
import espalier.tensor.Device;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Everything that training needs to go on: the model, the optimizer's state, the position and the run's settings, in
 * one safetensors file. Tensors are called {@code model.<path>} and {@code optimizer.<name>.<path>}.
 *
 * <p>Random numbers and the learning rate follow from the seed, the schedule and the position ({@link Trainer}): there
 * is no generator whose state would have to be kept. But a run that went on with another seed or schedule would be
 * neither the one nor the other. So a run names its settings ({@link #settings} reads them back), and one with others
 * is refused. The file is written beside its place and renamed: whenever the process is killed, either the old or the
 * new one is there, whole.
 */
public final class Checkpoint {
    private static final String FORMAT = "espalier-checkpoint-1";
    private static final String MODEL = "model.";
    private static final String OPTIMIZER = "optimizer.";
    private static final String SETTING = "setting.";

    private Checkpoint() {}

    /** Saves a run that names no settings. */
    public static void save(Path file, Module model, Optimizer<?> optimizer, Position position) throws IOException {
        save(file, model, optimizer, position, Map.of());
    }

    /**
     * Saves.
     *
     * @param settings what the run says of itself: what it must be gone on with, such as {@code seed} → {@code 1}, and
     *     what else it wants to find again
     * @throws IOException if the file cannot be written; an older one is then still whole
     */
    public static void save(
            Path file, Module model, Optimizer<?> optimizer, Position position, Map<String, String> settings)
            throws IOException {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        model.state().forEach((path, value) -> tensors.put(MODEL + path, value));
        optimizer.state().forEach((path, value) -> tensors.put(OPTIMIZER + path, value));
        Map<String, String> metadata = new LinkedHashMap<>();
        metadata.put("format", FORMAT);
        metadata.put("optimizer", optimizer.getClass().getSimpleName());
        metadata.put("epoch", Integer.toString(position.epoch()));
        metadata.put("batch", Integer.toString(position.batch()));
        metadata.put("step", Long.toString(position.step()));
        settings.forEach((name, value) -> metadata.put(SETTING + name, value));
        SafeTensors.write(file, tensors, metadata);
    }

    /** Restores a run, whatever its settings. */
    public static Position load(Path file, Module model, Optimizer<?> optimizer) throws IOException {
        return load(file, model, optimizer, Map.of());
    }

    /**
     * Restores model and optimizer, and returns the position to go on from.
     *
     * @param settings those of the run that wants to go on; one that the file does not know is not compared
     * @throws IOException in one sentence, if the file cannot be read, is damaged, or belongs to another model or to a
     *     run with other settings; model and optimizer are as they were then
     */
    public static Position load(Path file, Module model, Optimizer<?> optimizer, Map<String, String> settings)
            throws IOException {
        try (SafeTensors saved = open(file)) {
            Position position = position(file, saved.metadata());
            requireSame(file, saved.metadata(), settings);
            String kind = optimizer.getClass().getSimpleName();
            String found = saved.metadata().getOrDefault("optimizer", kind);
            if (!found.equals(kind)) {
                throw new IOException(file + ": was made with the optimizer " + found + ", not " + kind);
            }
            Map<String, Tensor> optimizerState = part(saved, OPTIMIZER);
            optimizer.requireFits(optimizerState);
            model.load(part(saved, MODEL));
            optimizer.resume(optimizerState, position.step());
            return position;
        } catch (ShapeException e) {
            throw new IOException(file + ": belongs to another model or optimizer: " + e.getMessage(), e);
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": is not there", e);
        }
    }

    /**
     * What a run that was saved says of itself: all that {@link #save} was given. A program can take from it what it
     * was begun with, and need not be told again.
     *
     * @throws IOException in one sentence, if the file cannot be read or is no checkpoint
     */
    public static Map<String, String> settings(Path file) throws IOException {
        try (SafeTensors saved = open(file)) {
            Map<String, String> settings = new LinkedHashMap<>();
            saved.metadata().forEach((key, value) -> {
                if (key.startsWith(SETTING)) {
                    settings.put(key.substring(SETTING.length()), value);
                }
            });
            return settings;
        } catch (NoSuchFileException e) {
            throw new IOException(file + ": is not there", e);
        }
    }

    private static SafeTensors open(Path file) throws IOException {
        SafeTensors saved = SafeTensors.open(file);
        if (!FORMAT.equals(saved.metadata().get("format"))) {
            saved.close();
            throw new IOException(file + ": is no checkpoint of a training run; it may be a model file");
        }
        return saved;
    }

    private static void requireSame(Path file, Map<String, String> metadata, Map<String, String> settings)
            throws IOException {
        for (Map.Entry<String, String> setting : settings.entrySet()) {
            String found = metadata.getOrDefault(SETTING + setting.getKey(), setting.getValue());
            if (!found.equals(setting.getValue())) {
                throw new IOException(file + ": was made with " + setting.getKey() + " " + found + ", not "
                        + setting.getValue() + "; go on with the same, or begin another run");
            }
        }
    }

    /** The tensors whose names begin so, by the rest of their names. */
    private static Map<String, Tensor> part(SafeTensors saved, String prefix) throws IOException {
        Map<String, Tensor> found = new LinkedHashMap<>();
        for (String name : saved.names()) {
            if (name.startsWith(prefix)) {
                found.put(name.substring(prefix.length()), saved.tensor(name, Device.cpu()));
            }
        }
        return found;
    }

    private static Position position(Path file, Map<String, String> metadata) throws IOException {
        long epoch = number(file, metadata, "epoch");
        long batch = number(file, metadata, "batch");
        long step = number(file, metadata, "step");
        if (epoch != (int) epoch || batch != (int) batch || epoch < 0 || batch < 0 || step < 0) {
            throw new IOException(file + ": is damaged: epoch " + epoch + ", batch " + batch + ", step " + step);
        }
        return new Position((int) epoch, (int) batch, step);
    }

    private static long number(Path file, Map<String, String> metadata, String key) throws IOException {
        String text = metadata.getOrDefault(key, "nothing");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw new IOException(file + ": is damaged: its " + key + " is '" + text + "'", e);
        }
    }
}
