package espalier.nn.data;

import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * The format of MNIST and Fashion-MNIST: big-endian numbers 2051, N, H, W and then N·H·W bytes for images; 2049, N and
 * then N bytes for labels; packed by gzip or not.
 */
public final class IdxFiles {
    /** Digits by name. */
    public static final List<String> DIGITS = List.of("0", "1", "2", "3", "4", "5", "6", "7", "8", "9");

    /** The classes of Fashion-MNIST. */
    public static final List<String> FASHION = List.of(
            "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot");

    private static final int IMAGES = 2051;
    private static final int LABELS = 2049;
    private static final int IMAGES_HEADER = 16;
    private static final int LABELS_HEADER = 8;
    private static final int LIMIT = 1 << 29;

    private IdxFiles() {}

    /**
     * Reads images and their labels.
     *
     * @throws DataFileException naming the file and the byte where it is wrong
     */
    public static ByteImages read(Path images, Path labels, List<String> classes) throws IOException {
        return parse(images, PackedFile.read(images, LIMIT), labels, PackedFile.read(labels, LIMIT), classes);
    }

    /** As {@link #read}, from unpacked contents; the paths are only named in errors. */
    public static ByteImages parse(Path images, byte[] pixels, Path labels, byte[] answers, List<String> classes)
            throws IOException {
        int count = number(images, pixels, 4, IMAGES, IMAGES_HEADER);
        int named = number(labels, answers, 4, LABELS, LABELS_HEADER);
        int height = ByteBuffer.wrap(pixels).getInt(8);
        int width = ByteBuffer.wrap(pixels).getInt(12);
        if (height < 1 || width < 1 || (long) height * width > LIMIT) {
            throw new DataFileException(images, 8, "images of " + height + "x" + width + " pixels");
        }
        requireLength(images, pixels, IMAGES_HEADER + (long) count * height * width);
        requireLength(labels, answers, LABELS_HEADER + (long) named);
        if (count != named) {
            throw new DataFileException(labels, 4, "has " + named + " labels for " + count + " images");
        }
        for (int i = LABELS_HEADER; i < answers.length; i++) {
            int label = answers[i] & 0xFF;
            if (label >= classes.size()) {
                throw new DataFileException(labels, i, "label " + label + " of " + classes.size() + " classes");
            }
        }
        return new ByteImages(
                Arrays.copyOfRange(pixels, IMAGES_HEADER, pixels.length),
                Arrays.copyOfRange(answers, LABELS_HEADER, answers.length),
                Shape.of(1, height, width),
                classes);
    }

    private static int number(Path file, byte[] bytes, int at, int magic, int header) throws IOException {
        if (bytes.length < header) {
            throw new DataFileException(file, bytes.length, "ends within its header of " + header + " bytes");
        }
        int found = ByteBuffer.wrap(bytes).getInt(0);
        if (found != magic) {
            throw new DataFileException(file, 0, "begins with " + found + ", an idx file of this kind with " + magic);
        }
        int count = ByteBuffer.wrap(bytes).getInt(at);
        if (count < 0) {
            throw new DataFileException(file, at, "has a negative count " + count);
        }
        return count;
    }

    private static void requireLength(Path file, byte[] bytes, long expected) throws IOException {
        if (bytes.length != expected) {
            throw new DataFileException(
                    file,
                    Math.min(bytes.length, expected),
                    "has " + bytes.length + " bytes, its header says " + expected);
        }
    }
}
