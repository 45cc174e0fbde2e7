package espalier.examples.compress;

import espalier.examples.data.Split;
import espalier.examples.train.Architecture;
import espalier.examples.train.ModelFile;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.ledger.Ledger;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * A network read from a file that {@code train} or {@code compress} wrote.
 *
 * @param name how reports call it: the file's name, or that of its folder
 * @param architecture which model it is, for how many classes
 * @param net with the weights of the file
 * @param input the shape of one sample
 * @param fileBytes how long the file is
 * @param metadata what the file says of itself
 */
record SavedModel(
        String name, Architecture architecture, Module net, Shape input, long fileBytes, Map<String, String> metadata) {
    private static final String USUAL = "model.safetensors";

    /**
     * Reads a file, or {@value #USUAL} of a folder.
     *
     * @param kind which model it is; if empty, the file must say so
     * @throws IllegalArgumentException in one sentence, if it does not say so, or is of another model
     * @throws IOException if it cannot be read
     */
    static SavedModel open(Path path, Optional<String> kind, Device device) throws IOException {
        Path file = Files.isDirectory(path) ? path.resolve(USUAL) : path;
        if (PackedModel.isPacked(file)) {
            throw new IllegalArgumentException(
                    file + " is a packed model, which runs but cannot be changed; give the " + USUAL + " beside it");
        }
        try (SafeTensors saved = SafeTensors.open(file)) {
            Map<String, String> metadata = saved.metadata();
            Architecture architecture = Architecture.of(file, saved, kind);
            architecture.model().requireImages();
            Module net = architecture.make(Init.of(device, 0));
            ModelFile.load(net, architecture.input(), saved, device);
            return new SavedModel(nameOf(file), architecture, net, architecture.input(), Files.size(file), metadata);
        } catch (ShapeException e) {
            throw new IllegalArgumentException(file + " does not fit the model it names: " + e.getMessage(), e);
        }
    }

    private static String nameOf(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        Path folder = absolute.getParent();
        return absolute.endsWith(USUAL) && folder != null && folder.getFileName() != null
                ? folder.getFileName().toString()
                : String.valueOf(absolute.getFileName());
    }

    /** Refuses data whose images it does not take. */
    void requireFits(Split split) {
        architecture.requireFits(split);
    }

    /** The network as it was before anything was cut out of it, with other weights. */
    Module whole(Device device) {
        return architecture.make(Init.of(device, 0));
    }

    /** Its ledger. */
    Ledger ledger() {
        return Ledger.of(net, input.inserting(0, 1));
    }
}
