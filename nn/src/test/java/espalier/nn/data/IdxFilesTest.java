package espalier.nn.data;

import static espalier.nn.data.Packing.file;
import static espalier.nn.data.Packing.gzip;
import static espalier.nn.data.Packing.refusal;
import static espalier.nn.data.Packing.refuses;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Idx files: two images of 2x3 pixels, then every way to damage them. */
class IdxFilesTest {
    private static final List<String> CLASSES = List.of("no", "yes");

    @TempDir
    private Path folder;

    private static byte[] images(int magic, int count, int height, int width, int pixels) {
        ByteBuffer bytes = ByteBuffer.allocate(16 + pixels);
        bytes.putInt(magic).putInt(count).putInt(height).putInt(width);
        for (int i = 0; i < pixels; i++) {
            bytes.put((byte) (i * 21));
        }
        return bytes.array();
    }

    private static byte[] labels(int magic, int count, int... labels) {
        ByteBuffer bytes = ByteBuffer.allocate(8 + labels.length);
        bytes.putInt(magic).putInt(count);
        for (int label : labels) {
            bytes.put((byte) label);
        }
        return bytes.array();
    }

    private static final byte[] IMAGES = images(2051, 2, 2, 3, 12);
    private static final byte[] LABELS = labels(2049, 2, 1, 0);

    private void check(String sentence, boolean inImages, byte[] images, byte[] labels) throws IOException {
        Path first = file(folder, "images", images);
        Path second = file(folder, "labels", labels);
        refuses(sentence, inImages ? first : second, () -> IdxFiles.read(first, second, CLASSES));
    }

    @Test
    void plainAndPacked() throws IOException {
        for (boolean packed : new boolean[] {false, true}) {
            Path first = file(folder, packed ? "i.gz" : "i", packed ? gzip(IMAGES) : IMAGES);
            Path second = file(folder, packed ? "l.gz" : "l", packed ? gzip(LABELS) : LABELS);
            ByteImages data = IdxFiles.read(first, second, CLASSES);
            assertEquals(2, data.size());
            assertEquals(Shape.of(1, 2, 3), data.sampleShape());
            assertEquals(CLASSES, data.classes());
            assertEquals(1, data.label(0));
            assertEquals(0, data.label(1));
            float[] values = new float[8];
            data.copySample(1, values, 1);
            float[] expected = {0, 126 / 255f, 147 / 255f, 168 / 255f, 189 / 255f, 210 / 255f, 231 / 255f, 0};
            assertArrayEquals(expected, values, 1e-7f);
        }
    }

    @Test
    void noImagesAtAll() throws IOException {
        Path none = file(folder, "images", images(2051, 0, 2, 3, 0));
        Path nobody = file(folder, "labels", labels(2049, 0));
        assertEquals(0, IdxFiles.read(none, nobody, CLASSES).size());
    }

    @Test
    void truncatedAnywhere() throws IOException {
        for (int length = 0; length < IMAGES.length; length++) {
            String where = "byte " + length + ": ";
            check(
                    length < 16
                            ? where + "ends within its header of 16 bytes"
                            : where + "has " + length + " bytes, its header says 28",
                    true,
                    Arrays.copyOf(IMAGES, length),
                    LABELS);
        }
        for (int length = 0; length < LABELS.length; length++) {
            String where = "byte " + length + ": ";
            check(
                    length < 8
                            ? where + "ends within its header of 8 bytes"
                            : where + "has " + length + " bytes, its header says 10",
                    false,
                    IMAGES,
                    Arrays.copyOf(LABELS, length));
        }
    }

    @Test
    void packedAndTruncatedAnywhere() throws IOException {
        byte[] packed = gzip(IMAGES);
        Path labels = file(folder, "labels", LABELS);
        for (int length = 0; length < packed.length; length++) {
            Path images = file(folder, "images.gz", Arrays.copyOf(packed, length));
            refuses("ends too early: the packed data is cut off", images, () -> IdxFiles.read(images, labels, CLASSES));
        }
    }

    @Test
    void everyPackedByteFlipped() throws IOException {
        byte[] packed = gzip(IMAGES);
        Path labels = file(folder, "labels", LABELS);
        for (int at = 0; at < packed.length; at++) {
            byte[] damaged = packed.clone();
            damaged[at] ^= (byte) 0xFF;
            Path images = file(folder, "images.gz", damaged);
            try {
                // The time stamp and the name of the system do not matter; the rest must be noticed.
                IdxFiles.read(images, labels, CLASSES);
                assertEquals(true, at >= 4 && at < 10, "byte " + at + " is not covered by a checksum");
            } catch (DataFileException e) {
                assertEquals(true, e.getMessage().startsWith(images + ": "), e.getMessage());
            }
        }
    }

    @Test
    void lyingHeaders() throws IOException {
        check("byte 0: begins with 2049, an idx file of this kind with 2051", true, LABELS_AS_IMAGES, LABELS);
        check("byte 0: begins with 2051, an idx file of this kind with 2049", false, IMAGES, IMAGES);
        check("byte 4: has a negative count -1", true, images(2051, -1, 2, 3, 12), LABELS);
        check("byte 28: has 28 bytes, its header says 34", true, images(2051, 3, 2, 3, 12), LABELS);
        check("byte 22: has 28 bytes, its header says 22", true, images(2051, 1, 2, 3, 12), LABELS);
        check("byte 8: images of 0x3 pixels", true, images(2051, 2, 0, 3, 12), LABELS);
        check("byte 8: images of 2x-3 pixels", true, images(2051, 2, 2, -3, 12), LABELS);
        check("byte 8: images of 65536x65536 pixels", true, images(2051, 2, 65536, 65536, 12), LABELS);
        String many = "byte 28: has 28 bytes, its header says " + (16 + 2147483647L * 16384 * 32768);
        check(many, true, images(2051, Integer.MAX_VALUE, 16384, 32768, 12), LABELS);
        check("byte 4: has 3 labels for 2 images", false, IMAGES, labels(2049, 3, 0, 1, 0));
        check("byte 9: label 2 of 2 classes", false, IMAGES, labels(2049, 2, 0, 2));
        check("byte 8: label 255 of 2 classes", false, IMAGES, labels(2049, 2, -1, 0));
    }

    private static final byte[] LABELS_AS_IMAGES = Arrays.copyOf(LABELS, 16);

    @Test
    void notThereOrNoFile() throws IOException {
        Path labels = file(folder, "labels", LABELS);
        Path missing = folder.resolve("missing.gz");
        refuses("is not there", missing, () -> IdxFiles.read(missing, labels, CLASSES));
        assertEquals(
                true,
                refusal(folder, () -> IdxFiles.read(folder, labels, CLASSES)).startsWith("cannot be read: "));
    }
}
