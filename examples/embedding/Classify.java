import espalier.sparsity.export.PackedModel;
import espalier.sparsity.runtime.InferenceModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** A program of one's own that uses a trained and packed model: says what a picture of 28x28 pixels shows. */
public final class Classify {
    private static final int SIDE = 28;

    /** {@code Classify model.espalier image.pgm}. */
    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: Classify model.espalier image.pgm");
            System.exit(2);
        }
        InferenceModel model = InferenceModel.load(Path.of(arguments[0]));
        PackedModel packed = model.packed();
        float[] scores = model.run(read(Path.of(arguments[1]), packed.metadata())); // [10]
        System.out.println(packed.labels().get(largest(scores)));
    }

    private static int largest(float[] scores) {
        int best = 0;
        for (int i = 1; i < scores.length; i++) {
            best = scores[i] > scores[best] ? i : best;
        }
        return best;
    }

    /** A binary PGM file: a header of four words, then a byte a pixel. Normalized as in training, {@code [1, 28, 28]}. */
    private static float[] read(Path file, Map<String, String> metadata) throws IOException {
        float mean = Float.parseFloat(metadata.getOrDefault(PackedModel.MEAN, "0"));
        float deviation = Float.parseFloat(metadata.getOrDefault(PackedModel.DEVIATION, "1"));
        byte[] bytes = Files.readAllBytes(file);
        int start = bytes.length - SIDE * SIDE;
        if (start < 2 || bytes[0] != 'P' || bytes[1] != '5') {
            throw new IOException(file + " is no binary PGM file of 28x28 pixels");
        }
        float[] pixels = new float[SIDE * SIDE];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = ((bytes[start + i] & 0xFF) / 255f - mean) / deviation;
        }
        return pixels;
    }
}
