package espalier.examples.compress;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.data.Split;
import espalier.examples.train.ModelCatalog;
import espalier.nn.Init;
import espalier.nn.data.ByteImages;
import espalier.nn.data.IdxFiles;
import espalier.nn.data.Transform;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Each recipe beside the examples names a network that there is, layers that it has, and settings that are known. */
class RecipesOfTheExamplesTest {
    private static final int IMAGES = 16; // in batches of one: more than any recipe has rounds in an epoch

    @TestFactory
    Stream<DynamicTest> fitTheirNetworks() throws IOException {
        List<Path> files;
        try (Stream<Path> found = Files.list(Path.of("recipes"))) {
            files = found.sorted().toList();
        }
        assertFalse(files.isEmpty());
        return files.stream().map(file -> DynamicTest.dynamicTest(file.toString(), () -> fits(file)));
    }

    private static void fits(Path file) throws IOException {
        Recipe recipe = Recipe.read(file);
        Settings start = recipe.start();
        ModelCatalog model = ModelCatalog.named(start.text("model", "?"));
        assertTrue(start.text("data").isPresent(), "it names its data");
        assertTrue(start.number("floor", 0) < 1, "a floor is a part of the images");
        start.refuseUnknown();
        Workpiece piece = new Workpiece(
                () -> model.make(Init.of(Device.cpu(), 1)),
                black(model.input()),
                1,
                Device.cpu(),
                RandomSource.of(1),
                new PrintWriter(Writer.nullWriter()));
        for (Settings section : recipe.stages()) {
            StageCatalog.named(section.section()).make(section, piece);
        }
    }

    /** Images on which nothing can be seen. */
    private static Split black(Shape image) {
        ByteImages images = new ByteImages(new byte[IMAGES * image.size()], new byte[IMAGES], image, IdxFiles.DIGITS);
        return new Split(
                "black", images, images, Transform.normalize(new float[] {0}, new float[] {1}), Transform.none());
    }
}
