package espalier.examples.compress;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.model.LeNet;
import espalier.sparsity.Sparsity;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;

/** Model files for tests. */
final class Saved {
    private Saved() {}

    /** LeNet-5 of which all but the first {@code filters} of conv2's 50 filters are zero, in a folder of its own. */
    static Path lenet5(Path folder, String name, int filters) throws IOException {
        Module net = LeNet.lenet5(Init.of(1));
        Parameter conv2 = Objects.requireNonNull(Sparsity.weights(net).get("conv2.weight"));
        float[] w = conv2.raw().value().toFloats();
        java.util.Arrays.fill(w, filters * 500, w.length, 0);
        conv2.set(Tensor.of(w, 50, 20, 5, 5));
        return write(folder, name, net, Map.of("model", "lenet5"));
    }

    static Path write(Path folder, String name, Module net, Map<String, String> metadata) throws IOException {
        Path run = Files.createDirectories(folder.resolve(name));
        SafeTensors.write(run.resolve("model.safetensors"), net.state(), metadata);
        return run;
    }
}
