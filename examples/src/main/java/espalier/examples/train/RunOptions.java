package espalier.examples.train;

import espalier.examples.data.DataCatalog;
import espalier.examples.data.Split;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Options that all commands on models and data share. */
public final class RunOptions {
    private static final int MOST_THREADS = 1024;

    @Option(
            names = "--data",
            defaultValue = "fashion-tenth",
            paramLabel = "NAME|FOLDER",
            description =
                    "Data: fashion-tenth or digits (embedded), mnist, fashion-mnist, cifar-10, fsdd, a folder, a .zip of sounds, or a .csv of 8x8 digits. Default: ${DEFAULT-VALUE}.")
    private String data = "fashion-tenth";

    @Option(names = "--data-root", paramLabel = "FOLDER", description = "Where named data is looked for first.")
    private @Nullable Path root;

    @Option(
            names = "--device",
            defaultValue = "cpu",
            description = "cpu, reference or a name that devices lists. Default: ${DEFAULT-VALUE}.")
    private String device = "cpu";

    @Option(
            names = "--threads",
            description = "Threads of the CPU; results do not depend on them. Default: one a processor.")
    private @Nullable Integer threads;

    @Option(names = "--seed", defaultValue = "1", description = "Of all random numbers. Default: ${DEFAULT-VALUE}.")
    private long seed;

    @Option(names = "--batch", defaultValue = "128", description = "Samples a step. Default: ${DEFAULT-VALUE}.")
    private int batch;

    @Option(names = "--resize", description = "Scale images to the size and channels that the model takes.")
    private boolean resize;

    @Option(names = "--smoke", description = "A few samples only: does it run at all?")
    private boolean smoke;

    /**
     * The data, or a few of its samples in a smoke run.
     *
     * @param images the shape that a folder of pictures is brought to; other data is as it is
     */
    public Split split(Shape images) throws IOException {
        DataCatalog usual = DataCatalog.usual();
        List<Path> roots = new ArrayList<>(usual.roots());
        Optional.ofNullable(root).ifPresent(first -> roots.addFirst(first));
        Split split = new DataCatalog(roots).read(data, images);
        Split fitting = resize ? split.resized(images) : split;
        return smoke ? fitting.smoke() : fitting;
    }

    /** What {@code --data} said, in a form that means the same in any working folder. */
    String dataFrom() {
        boolean isName = DataCatalog.EMBEDDED.contains(data) || DataCatalog.FOLDERS.contains(data);
        return isName ? data : Path.of(data).toAbsolutePath().normalize().toString();
    }

    /** What {@code --data-root} said, in such a form; empty if nothing. */
    String dataRoot() {
        return Optional.ofNullable(root)
                .map(folder -> folder.toAbsolutePath().normalize().toString())
                .orElse("");
    }

    /** What {@code --device} said. */
    String deviceName() {
        return device;
    }

    /** Where to compute. */
    public Device device() {
        if (threads == null) {
            return Device.named(device);
        }
        if (threads < 1) {
            throw new IllegalArgumentException("--threads must be at least 1, not " + threads);
        }
        if (threads > MOST_THREADS) {
            throw new IllegalArgumentException("--threads must be at most " + MOST_THREADS + ", not " + threads);
        }
        return device.equals("cpu") ? Device.cpu(threads) : Device.named(device);
    }

    /** The seed of all random numbers. */
    public long seed() {
        return seed;
    }

    /** Whether images are scaled to what the model takes. */
    boolean resize() {
        return resize;
    }

    /** Samples a step. */
    public int batch() {
        if (batch < 1) {
            throw new IllegalArgumentException("--batch must be at least 1, not " + batch);
        }
        return batch;
    }

    /** Whether only a few samples are wanted. */
    public boolean smoke() {
        return smoke;
    }
}
