package espalier.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.data.image.ImageFolders;
import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The published data sets, where they are: counts, labels, means and deviations as published with them. */
class RealDataTest {
    private static int[] histogram(Dataset data) {
        int[] counts = new int[data.classes().size()];
        for (int i = 0; i < data.size(); i++) {
            counts[data.label(i)]++;
        }
        return counts;
    }

    private static int[] each(int count) {
        int[] counts = new int[10];
        Arrays.fill(counts, count);
        return counts;
    }

    /** Mean and standard deviation of each channel, to four digits. */
    private static void assertMoments(Dataset data, double[] means, double[] deviations) {
        int channels = data.sampleShape().dim(0);
        int plane = data.sampleShape().size() / channels;
        double[] sums = new double[channels];
        double[] squares = new double[channels];
        float[] values = new float[channels * plane];
        for (int i = 0; i < data.size(); i++) {
            data.copySample(i, values, 0);
            for (int k = 0; k < values.length; k++) {
                sums[k / plane] += values[k];
                squares[k / plane] += (double) values[k] * values[k];
            }
        }
        double n = (double) data.size() * plane;
        for (int c = 0; c < channels; c++) {
            double mean = sums[c] / n;
            assertEquals(means[c], mean, 1e-4, "mean of channel " + c);
            assertEquals(deviations[c], Math.sqrt(squares[c] / n - mean * mean), 1e-4, "deviation of channel " + c);
        }
    }

    private static Dataset idx(String folder, String part, List<String> classes) throws IOException {
        Path root = SharedData.at(folder);
        return IdxFiles.read(
                root.resolve(part + "-images-idx3-ubyte.gz"), root.resolve(part + "-labels-idx1-ubyte.gz"), classes);
    }

    @Test
    void mnist() throws IOException {
        Dataset train = idx("mnist", "train", IdxFiles.DIGITS);
        Dataset test = idx("mnist", "t10k", IdxFiles.DIGITS);
        assertEquals(Shape.of(1, 28, 28), train.sampleShape());
        assertArrayEquals(new int[] {5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949}, histogram(train));
        assertArrayEquals(new int[] {980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009}, histogram(test));
        assertMoments(train, new double[] {0.1307}, new double[] {0.3081});
    }

    @Test
    void fashion() throws IOException {
        Dataset train = idx("fashion-mnist", "train", IdxFiles.FASHION);
        assertArrayEquals(each(6000), histogram(train));
        assertArrayEquals(each(1000), histogram(idx("fashion-mnist", "t10k", IdxFiles.FASHION)));
        assertMoments(train, new double[] {0.2860}, new double[] {0.3530});
    }

    @Test
    void cifar10AndItsFolderOfImages() throws IOException {
        Path root = SharedData.at("cifar-10");
        List<Path> files = IntStream.rangeClosed(1, 5)
                .mapToObj(i -> root.resolve("data_batch_" + i + ".bin.gz"))
                .toList();
        Dataset train = Cifar10.read(files);
        Dataset test = Cifar10.read(List.of(root.resolve("test_batch.bin.gz")));
        assertArrayEquals(each(5000), histogram(train));
        assertArrayEquals(each(1000), histogram(test));
        assertMoments(train, new double[] {0.4914, 0.4822, 0.4465}, new double[] {0.2470, 0.2435, 0.2616});
        assertEquals(Cifar10.CLASSES, Files.readAllLines(root.resolve("batches.meta.txt")));
        assertSameImages(train, SharedData.at("images/cifar10-folders/train"), 200);
        assertSameImages(test, SharedData.at("images/cifar10-folders/val"), 100);
    }

    /** The number in a file's name is the image's place in the data set. */
    private static void assertSameImages(Dataset binary, Path folder, int count) throws IOException {
        Dataset images = ImageFolders.read(folder, 3, 32, 32);
        List<Path> files;
        try (Stream<Path> all = Files.walk(folder)) {
            files = all.filter(f -> f.toString().endsWith(".png")).sorted().toList();
        }
        assertEquals(count, images.size());
        assertEquals(count, files.size());
        float[] expected = new float[3072];
        float[] actual = new float[3072];
        for (int i = 0; i < count; i++) {
            String name = files.get(i).getFileName().toString();
            int index = Integer.parseInt(name.replaceAll("\\D", ""));
            binary.copySample(index, expected, 0);
            images.copySample(i, actual, 0);
            assertArrayEquals(expected, actual, name);
            assertEquals(
                    binary.classes().get(binary.label(index)), images.classes().get(images.label(i)), name);
        }
    }

    @Test
    void photosOfAllKinds() throws IOException {
        Dataset photos = ImageFolders.read(SharedData.at("images/photos/train"), 3, 64, 48);
        assertEquals(13, photos.size());
        assertTrue(photos.classes().containsAll(List.of("cat", "coins", "texture")));
        assertEquals(
                13,
                ImageFolders.read(SharedData.at("images/photos/train"), 1, 32, 32)
                        .size());
    }

    @Test
    void digits() throws IOException {
        Dataset digits = DigitsCsv.read(SharedData.at("digits/digits.csv.gz"));
        assertEquals(1797, digits.size());
        assertArrayEquals(new int[] {178, 182, 177, 183, 181, 182, 181, 179, 174, 180}, histogram(digits));
    }

    @Test
    void spokenDigits() throws IOException {
        Path zip = SharedData.at("fsdd/fsdd-recordings.zip");
        Dataset sounds = WavSounds.read(zip, 4096, name -> name.charAt(0) - '0', IdxFiles.DIGITS);
        assertEquals(3000, sounds.size());
        assertArrayEquals(each(300), histogram(sounds));
        float[] values = new float[4096];
        float largest = 0;
        for (int i = 0; i < sounds.size(); i++) {
            sounds.copySample(i, values, 0);
            for (float value : values) {
                largest = Math.max(largest, Math.abs(value));
            }
        }
        assertTrue(largest > 0.5 && largest <= 1, "the loudest is " + largest);
    }
}
