package espalier.examples.compress;

import espalier.examples.data.DataCatalog;
import espalier.sparsity.Sparsity;
import espalier.tensor.Device;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** A recipe at work on a few images, for tests. */
final class SmallCompression {
    final StringWriter told = new StringWriter();
    final Compression work;

    /** Prepares a recipe for a network that trains an epoch first. */
    SmallCompression(String model, String... lines) throws IOException {
        List<String> recipe = Stream.concat(
                        Stream.of("model = " + model, "data = fashion-tenth", "batch = 64", "[train]", "epochs = 1"),
                        Arrays.stream(lines))
                .toList();
        work = new Compression(
                Recipe.parse("r", recipe), false, DataCatalog.usual(), Device.cpu(), true, new PrintWriter(told, true));
    }

    /** Prepares and runs it. */
    static SmallCompression run(String model, String... lines) throws IOException {
        SmallCompression small = new SmallCompression(model, lines);
        small.work.run();
        return small;
    }

    Workpiece piece() {
        return work.piece();
    }

    float[] weight(String path) {
        return Objects.requireNonNull(Sparsity.weights(piece().net()).get(path))
                .raw()
                .value()
                .toFloats();
    }

    /** The different values of a row of a weight; −0 is 0. */
    TreeSet<Float> values(String path, int row) {
        float[] all = weight(path);
        int size = all.length
                / Objects.requireNonNull(Sparsity.weights(piece().net()).get(path))
                        .shape()
                        .dim(0);
        return different(Arrays.copyOfRange(all, row * size, (row + 1) * size));
    }

    static TreeSet<Float> different(float[] values) {
        List<Float> boxed = new java.util.ArrayList<>();
        for (float value : values) {
            boxed.add(value + 0.0f);
        }
        return boxed.stream().collect(Collectors.toCollection(TreeSet::new));
    }
}
