package espalier.examples.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.examples.train.Architecture;
import espalier.examples.train.ModelCatalog;
import espalier.nn.data.ByteImages;
import espalier.nn.data.Dataset;
import espalier.nn.data.Transform;
import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Data that a training would take in silence and make nonsense of. */
class SplitTest {
    private static Dataset images(int count, int side, String... classes) {
        return new ByteImages(
                new byte[count * 3 * side * side], new byte[count], Shape.of(3, side, side), List.of(classes));
    }

    private static Split split(Dataset train, Dataset test) {
        return new Split("pets", train, test, Transform.normalize(new float[1], new float[] {1}), Transform.none());
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    @Test
    void bothPartsHaveSamplesOfOneKind() {
        Dataset pets = images(4, 32, "cat", "dog");
        refused(
                "pets has 4 samples to learn from and 0 to be judged by",
                () -> split(pets, images(0, 32, "cat", "dog")));
        refused(
                "pets has 0 samples to learn from and 4 to be judged by",
                () -> split(images(0, 32, "cat", "dog"), pets));
        refused(
                "pets has samples [3, 32, 32] to learn from and [3, 16, 16] to be judged by",
                () -> split(pets, images(4, 16, "cat", "dog")));
        refused(
                "pets has classes [cat, dog] to learn from and [cat, horse] to be judged by",
                () -> split(pets, images(4, 32, "cat", "horse")));
    }

    @Test
    void aFolderIsCalledByItsNameWhereThatLeadsThere(@TempDir Path root) throws Exception {
        Path mnist = Files.createDirectories(root.resolve("first/mnist"));
        Path other = Files.createDirectories(root.resolve("second/mnist"));
        DataCatalog catalog = new DataCatalog(List.of(root.resolve("first"), root.resolve("second")));
        assertEquals("mnist", catalog.called(mnist));
        assertEquals(other.toString(), catalog.called(other));
        List<Path> nowhere = List.of(root.resolve("third"));
        var thrown = assertThrows(IOException.class, () -> new DataCatalog(nowhere).read("mnist"));
        assertEquals(
                "mnist is not under any of " + nowhere + "; get it with: examples/run data fetch mnist, or name the"
                        + " folder that holds it",
                thrown.getMessage());
    }

    @Test
    void asManyClassesAsTheNetworkTellsApart() {
        Dataset two = images(4, 32, "cat", "dog");
        assertEquals(
                2, Architecture.toLearn(ModelCatalog.RESNET20, split(two, two)).classes());
        refused(
                "this resnet20 tells 10 classes apart, pets has 2; train one on pets first",
                () -> new Architecture(ModelCatalog.RESNET20, 10).requireFits(split(two, two)));
        new Architecture(ModelCatalog.RESNET20, 2).requireFits(split(two, two));
        Dataset small = images(4, 16, "cat", "dog");
        refused(
                "model resnet20 takes images [3, 32, 32], pets has [3, 16, 16]; --resize scales them",
                () -> Architecture.toLearn(ModelCatalog.RESNET20, split(small, small)));
        Dataset one = images(4, 32, "cat");
        refused(
                "pets has one class, [cat]: there is nothing to tell apart",
                () -> Architecture.toLearn(ModelCatalog.RESNET20, split(one, one)));
    }
}
