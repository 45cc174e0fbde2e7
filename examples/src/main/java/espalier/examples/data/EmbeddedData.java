package espalier.examples.data;

import espalier.nn.data.Dataset;
import espalier.nn.data.DigitsCsv;
import espalier.nn.data.IdxFiles;
import espalier.nn.data.Normalization;
import espalier.nn.data.Transform;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.stream.IntStream;
import java.util.zip.GZIPInputStream;

/** The data inside the jar: a tenth of Fashion-MNIST (MIT licence) and the UCI 8x8 digits (CC BY 4.0). */
final class EmbeddedData {
    /** Mean and deviation of MNIST's training pixels. */
    static final Normalization MNIST = Transform.normalize(new float[] {0.1307f}, new float[] {0.3081f});

    /** Mean and deviation of Fashion-MNIST's training pixels. */
    static final Normalization FASHION = Transform.normalize(new float[] {0.2860f}, new float[] {0.3530f});

    private EmbeddedData() {}

    static Split fashionTenth() throws IOException {
        return new Split("fashion-tenth", fashion("train"), fashion("test"), FASHION, Transform.flip());
    }

    private static Dataset fashion(String part) throws IOException {
        String images = "fashion-tenth-" + part + "-images.idx3.gz";
        String labels = "fashion-tenth-" + part + "-labels.idx1.gz";
        return IdxFiles.parse(Path.of(images), unpacked(images), Path.of(labels), unpacked(labels), IdxFiles.FASHION);
    }

    static Split digits() throws IOException {
        String name = "digits.csv.gz";
        return digits("digits", DigitsCsv.parse(Path.of(name), new String(unpacked(name), StandardCharsets.US_ASCII)));
    }

    /** Digits, of which every fifth is held back for the test. */
    static Split digits(String name, Dataset all) {
        int[] train = IntStream.range(0, all.size()).filter(i -> i % 5 != 0).toArray();
        int[] test = IntStream.range(0, all.size()).filter(i -> i % 5 == 0).toArray();
        Normalization normalize = Transform.normalize(new float[] {0.305f}, new float[] {0.376f});
        return new Split(name, all.select(train), all.select(test), normalize, Transform.none());
    }

    private static byte[] unpacked(String name) throws IOException {
        try (InputStream packed = EmbeddedData.class.getResourceAsStream(name)) {
            if (packed == null) {
                throw new FileNotFoundException("the jar has no " + name);
            }
            return new GZIPInputStream(packed).readAllBytes();
        }
    }
}
