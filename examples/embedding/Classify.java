import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.model.LeNet;
import espalier.nn.train.Evaluation;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A program of one's own that uses a trained LeNet-5: says which kind of clothing a picture of 28x28 pixels shows. */
public final class Classify {
    private static final List<String> CLASSES = List.of(
            "T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "ankle boot");

    private static final int SIDE = 28;
    private static final float MEAN = 0.2860f;
    private static final float DEVIATION = 0.3530f;

    /** {@code Classify model.safetensors image.pgm}. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: Classify model.safetensors image.pgm");
            System.exit(2);
        }
        Module model = load(Path.of(arguments[0]));
        Tensor image = read(Path.of(arguments[1]));
        Tensor scores = Evaluation.outputs(model, image); // [1, 10]
        System.out.println(CLASSES.get(scores.argmax(1).toInts()[0]));
    }

    private static Module load(Path file) throws IOException {
        Module model = LeNet.lenet5(Init.of(0));
        try (SafeTensors saved = SafeTensors.open(file)) {
            model.load(saved.tensors(Device.cpu()));
        }
        return model;
    }

    /** A binary PGM file: a header of four words, then a byte a pixel. Normalized as in training, {@code [1, 1, 28, 28]}. */
    private static Tensor read(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        int start = bytes.length - SIDE * SIDE;
        if (start < 2 || bytes[0] != 'P' || bytes[1] != '5') {
            throw new IOException(file + " is no binary PGM file of 28x28 pixels");
        }
        float[] pixels = new float[SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = ((bytes[start + i] & 0xFF) / 255f - MEAN) / DEVIATION;
        }
        return Tensor.of(pixels, 1, 1, SIDE, SIDE);
    }
}
