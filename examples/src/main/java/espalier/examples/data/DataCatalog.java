package espalier.examples.data;

import espalier.nn.data.Cifar10;
import espalier.nn.data.Dataset;
import espalier.nn.data.DigitsCsv;
import espalier.nn.data.FileTree;
import espalier.nn.data.IdxFiles;
import espalier.nn.data.Normalization;
import espalier.nn.data.Transform;
import espalier.nn.data.image.ImageFolders;
import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Finds data by name or folder.
 *
 * <p>{@code fashion-tenth} and {@code digits} are inside the jar. The others are folders of that name, as they are
 * published, under a root: the folder in the environment variable {@code ESPALIER_DATA}, {@code data} in the working
 * folder, or {@code .espalier/data} in the user's home, where {@code data fetch} puts them; {@code fsdd}, spoken
 * digits, is a clone of its repository. A path is taken as the folder itself, and what is in it tells what it is; a
 * {@code .csv} file holds 8x8 digits, a {@code .zip} file a folder of sounds.
 */
public final class DataCatalog {
    /** Names that need no files. */
    public static final List<String> EMBEDDED = List.of("fashion-tenth", "digits");

    /** Names of folders. */
    public static final List<String> FOLDERS = List.of("mnist", "fashion-mnist", "cifar-10", SpokenDigits.NAME);

    private static final Pattern DIGITS_FILE = Pattern.compile("\\.csv(\\.gz)?$");
    private static final Pattern ZIP_FILE = Pattern.compile("\\.(zip|ZIP)$");

    private final List<Path> roots;

    /** A catalog that looks in these roots, in this order. */
    public DataCatalog(List<Path> roots) {
        this.roots = List.copyOf(roots);
    }

    /** The usual roots. */
    public static DataCatalog usual() {
        List<Path> roots = new ArrayList<>();
        Optional.ofNullable(System.getenv("ESPALIER_DATA")).map(Path::of).ifPresent(roots::add);
        roots.add(Path.of("data"));
        roots.add(home());
        return new DataCatalog(roots);
    }

    /** Where {@code data fetch} puts files. */
    public static Path home() {
        return Path.of(System.getProperty("user.home"), ".espalier", "data");
    }

    /** The roots. */
    public List<Path> roots() {
        return roots;
    }

    /** The folder of a named data set, if it is under one of the roots. */
    public Optional<Path> folder(String name) {
        return roots.stream()
                .map(root -> root.resolve(name))
                .filter(Files::isDirectory)
                .findFirst();
    }

    /** What {@code --data} calls a data set's folder: its name if that leads there, else the folder. */
    public String called(Path folder) {
        String name = String.valueOf(folder.getFileName());
        return folder(name).filter(folder::equals).isPresent() ? name : folder.toString();
    }

    /** Reads data by name or from a folder; pictures are brought to CIFAR's size, {@code [3, 32, 32]}. */
    public Split read(String nameOrFolder) throws IOException {
        return read(nameOrFolder, Shape.of(3, 32, 32));
    }

    /**
     * Reads data by name or from a folder.
     *
     * @param samples the shape {@code [C, H, W]} that a folder of pictures is brought to, or {@code [1, T]} of sounds
     *     for a folder or a zip of WAV files; other data is as it is
     * @throws IOException a sentence that says what is missing or damaged, and what to do
     */
    public Split read(String nameOrFolder, Shape samples) throws IOException {
        if (nameOrFolder.equals("fashion-tenth")) {
            return EmbeddedData.fashionTenth();
        }
        if (nameOrFolder.equals("digits")) {
            return EmbeddedData.digits();
        }
        if (DIGITS_FILE.matcher(nameOrFolder).find() && Files.isRegularFile(Path.of(nameOrFolder))) {
            Path file = Path.of(nameOrFolder);
            return EmbeddedData.digits(String.valueOf(file.getFileName()), DigitsCsv.read(file));
        }
        if (ZIP_FILE.matcher(nameOrFolder).find() && Files.isRegularFile(Path.of(nameOrFolder))) {
            return zip(Path.of(nameOrFolder), samples);
        }
        Optional<Path> folder = FOLDERS.contains(nameOrFolder) ? folder(nameOrFolder) : Optional.empty();
        Path path = folder.orElse(Path.of(nameOrFolder));
        if (FOLDERS.contains(nameOrFolder) && !Files.isDirectory(path)) {
            throw new IOException(nameOrFolder + " is not under any of " + roots + "; get it with: "
                    + howToGet(nameOrFolder) + ", or name the folder that holds it");
        }
        if (nameOrFolder.isEmpty() || !Files.isDirectory(path)) {
            throw new IOException(
                    "there is no data called " + (nameOrFolder.isEmpty() ? "''" : nameOrFolder) + "; embedded are "
                            + String.join(" and ", EMBEDDED) + ", others (" + String.join(", ", FOLDERS)
                            + ") are looked for under " + roots + " or given as a folder, or as a zip of sounds");
        }
        return open(path, samples);
    }

    private static String howToGet(String name) {
        return name.equals(SpokenDigits.NAME) ? SpokenDigits.CLONE : "examples/run data fetch " + name;
    }

    private static Split open(Path folder, Shape samples) throws IOException {
        String name = Optional.ofNullable(folder.toAbsolutePath().normalize().getFileName())
                .map(Path::toString)
                .orElse("data"); // the root has no name
        if (find(folder, "train-images-idx3-ubyte").isPresent()) {
            return idx(name, folder);
        }
        if (find(folder, "data_batch_1.bin").isPresent()) {
            return cifar(name, folder);
        }
        if (SpokenDigits.isIn(folder)) {
            return SpokenDigits.read(name, folder);
        }
        if (Files.isDirectory(folder.resolve("train"))) {
            return folders(name, folder, samples);
        }
        throw new IOException(folder
                + ": holds neither idx files, nor CIFAR-10's binary files, nor spoken digits, nor folders train and val"
                + " with a folder of images or sounds for each class");
    }

    private static Split idx(String name, Path folder) throws IOException {
        boolean fashion = name.contains("fashion");
        List<String> classes = fashion ? IdxFiles.FASHION : IdxFiles.DIGITS;
        Dataset train = IdxFiles.read(
                file(folder, "train-images-idx3-ubyte"), file(folder, "train-labels-idx1-ubyte"), classes);
        Dataset test =
                IdxFiles.read(file(folder, "t10k-images-idx3-ubyte"), file(folder, "t10k-labels-idx1-ubyte"), classes);
        return fashion
                ? new Split(
                        name,
                        train,
                        test,
                        EmbeddedData.FASHION,
                        Transform.flip().then(Transform.crop(1)))
                : new Split(name, train, test, EmbeddedData.MNIST, Transform.crop(2));
    }

    private static Split cifar(String name, Path folder) throws IOException {
        List<Path> batches = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            batches.add(file(folder, "data_batch_" + i + ".bin"));
        }
        Dataset test = Cifar10.read(List.of(file(folder, "test_batch.bin")));
        float[] mean = {0.4914f, 0.4822f, 0.4465f};
        float[] deviation = {0.2470f, 0.2435f, 0.2616f};
        Normalization normalize = Transform.normalize(mean, deviation);
        return new Split(
                name, Cifar10.read(batches), test, normalize, Transform.flip().then(Transform.crop(4)));
    }

    private static Split folders(String name, Path folder, Shape shape) throws IOException {
        String held;
        try (FileTree files = FileTree.open(folder)) {
            held = held(files);
            if (shape.rank() == 2) {
                return Sounds.folders(name, files, held, shape.dim(1));
            }
        }
        Dataset train = ImageFolders.read(folder.resolve("train"), shape.dim(0), shape.dim(1), shape.dim(2));
        Dataset test = ImageFolders.read(folder.resolve(held), shape.dim(0), shape.dim(1), shape.dim(2));
        Normalization normalize = Transform.normalize(new float[] {0.5f}, new float[] {0.25f});
        return new Split(name, train, test, normalize, Transform.flip().then(Transform.crop(shape.dim(1) / 8)));
    }

    /** The folder to be judged by. */
    private static String held(FileTree files) throws IOException {
        List<String> folders = files.folders("");
        if (!folders.contains("val") && !folders.contains("test")) {
            throw files.refusal("", "has a folder train to learn from, but neither val nor test to be judged by");
        }
        return folders.contains("val") ? "val" : "test";
    }

    /** Sounds: a zip of spoken digits, or of the folder that would otherwise be given. */
    private static Split zip(Path file, Shape shape) throws IOException {
        String name = String.valueOf(file.getFileName());
        try (FileTree files = FileTree.open(file)) {
            if (shape.rank() != 2) {
                throw files.refusal("", "is a zip, which only networks for sounds read, by train and eval; unpack it");
            }
            if (SpokenDigits.isIn(files)) {
                return SpokenDigits.read(name, files);
            }
            if (!files.folders("").contains("train")) {
                throw files.refusal(
                        "",
                        "holds neither spoken digits nor folders train and val with a folder of sounds for each class");
            }
            return Sounds.folders(name, files, held(files), shape.dim(1));
        }
    }

    private static Path file(Path folder, String name) {
        return find(folder, name).orElse(folder.resolve(name + ".gz"));
    }

    private static Optional<Path> find(Path folder, String name) {
        return List.of(folder.resolve(name), folder.resolve(name + ".gz")).stream()
                .filter(Files::exists)
                .findFirst();
    }
}
