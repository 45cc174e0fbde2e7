package espalier.nn.data;

import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/**
 * CIFAR-10's binary format (Krizhevsky 2009): records of one label byte and 3,072 bytes of a 32x32 image, the red plane
 * first, then green and blue; packed by gzip or not.
 */
public final class Cifar10 {
    /** The ten classes. */
    public static final List<String> CLASSES =
            List.of("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck");

    private static final int PIXELS = 3 * 32 * 32;
    private static final int RECORD = 1 + PIXELS;
    private static final int LIMIT = 100_000 * RECORD;

    private Cifar10() {}

    /**
     * Reads files one after the other into one data set.
     *
     * @throws DataFileException naming the file and the byte where it is wrong
     */
    public static ByteImages read(List<Path> files) throws IOException {
        byte[][] contents = new byte[files.size()][];
        int count = 0;
        for (int f = 0; f < contents.length; f++) {
            contents[f] = PackedFile.read(files.get(f), LIMIT);
            if (contents[f].length == 0 || contents[f].length % RECORD != 0) {
                throw new DataFileException(
                        files.get(f), contents[f].length, "ends within a record of " + RECORD + " bytes");
            }
            count += contents[f].length / RECORD;
        }
        if (count > Integer.MAX_VALUE / PIXELS) {
            throw new DataFileException(files.getLast(), "is one file too many: " + count + " images do not fit");
        }
        byte[] pixels = new byte[count * PIXELS];
        byte[] labels = new byte[count];
        int at = 0;
        for (int f = 0; f < contents.length; f++) {
            for (int from = 0; from < contents[f].length; from += RECORD) {
                int label = contents[f][from] & 0xFF;
                if (label >= CLASSES.size()) {
                    throw new DataFileException(files.get(f), from, "label " + label + " of ten classes");
                }
                labels[at] = (byte) label;
                System.arraycopy(contents[f], from + 1, pixels, at * PIXELS, PIXELS);
                at++;
            }
        }
        return new ByteImages(pixels, labels, Shape.of(3, 32, 32), CLASSES);
    }
}
