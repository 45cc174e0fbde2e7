package espalier.nn.data.image;

import static espalier.nn.data.Packing.refusal;
import static espalier.nn.data.Packing.refuses;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.data.ByteImages;
import espalier.tensor.Shape;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Folders of PNG and JPEG files, whole and damaged. */
class ImageFoldersTest {
    @TempDir
    private Path folder;

    @BeforeAll
    static void noWindows() {
        System.setProperty("java.awt.headless", "true");
        ImageIO.setUseCache(false);
    }

    private static byte[] encoded(String format, int type, int width, int height, int... rgb) throws IOException {
        BufferedImage image = new BufferedImage(width, height, type);
        for (int i = 0; i < width * height; i++) {
            int value = rgb[i % rgb.length];
            if (type == BufferedImage.TYPE_BYTE_GRAY) {
                image.getRaster().setSample(i % width, i / width, 0, value);
            } else {
                image.setRGB(i % width, i / width, value);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, format, bytes);
        return bytes.toByteArray();
    }

    private Path put(String name, byte[] bytes) throws IOException {
        Path file = folder.resolve(name);
        Files.createDirectories(file.getParent());
        return Files.write(file, bytes);
    }

    private static int[] bytes(ByteImages images, int index) {
        float[] values = new float[images.sampleShape().size()];
        images.copySample(index, values, 0);
        int[] levels = new int[values.length];
        Arrays.setAll(levels, i -> Math.round(255 * values[i]));
        return levels;
    }

    @Test
    void pixelByPixel() throws IOException {
        put("b/2.png", encoded("png", BufferedImage.TYPE_INT_RGB, 2, 1, 0x010203, 0xFFFEFD));
        put("a/1.PNG", encoded("png", BufferedImage.TYPE_BYTE_GRAY, 2, 1, 77, 200));
        put("a/notes.txt", new byte[3]);
        put(".hidden/3.png", new byte[3]);
        ByteImages images = ImageFolders.read(folder, 3, 1, 2);
        assertEquals(2, images.size());
        assertEquals(List.of("a", "b"), images.classes());
        assertEquals(Shape.of(3, 1, 2), images.sampleShape());
        assertArrayEquals(new int[] {77, 200, 77, 200, 77, 200}, bytes(images, 0));
        assertArrayEquals(new int[] {1, 255, 2, 254, 3, 253}, bytes(images, 1));
        assertEquals(1, images.label(1));
        ByteImages grey = ImageFolders.read(folder, 1, 1, 2);
        assertArrayEquals(new int[] {77, 200}, bytes(grey, 0));
        assertArrayEquals(
                new int[] {Math.round(0.299f + 2 * 0.587f + 3 * 0.114f), Math.round(255 - 0.587f - 2 * 0.114f)},
                bytes(grey, 1));
    }

    @Test
    void scaledAndCutInTheMiddle() throws IOException {
        put("a/1.png", encoded("png", BufferedImage.TYPE_INT_RGB, 9, 3, 0x102030));
        put("a/2.png", encoded("png", BufferedImage.TYPE_BYTE_GRAY, 20, 40, 100));
        put("a/3.jpg", encoded("jpg", BufferedImage.TYPE_INT_RGB, 31, 17, 0x808080));
        ByteImages images = ImageFolders.read(folder, 3, 4, 4);
        assertEquals(0x10, bytes(images, 0)[5]);
        assertEquals(0x30, bytes(images, 0)[47]);
        for (int level : bytes(images, 1)) {
            assertEquals(100, level, 1, "a grey image stays as grey as it was");
        }
        for (int level : bytes(images, 2)) {
            assertEquals(0x80, level, 2);
        }
        // Three stripes of three columns; a square out of the middle is the middle one.
        put("a/1.png", encoded("png", BufferedImage.TYPE_INT_RGB, 3, 1, 0xFF0000, 0x00FF00, 0x0000FF));
        Files.delete(folder.resolve("a/2.png"));
        Files.delete(folder.resolve("a/3.jpg"));
        assertArrayEquals(new int[] {0, 255, 0}, bytes(ImageFolders.read(folder, 3, 1, 1), 0));
    }

    @Test
    void damagedFiles() throws IOException {
        put("a/0.png", encoded("png", BufferedImage.TYPE_INT_RGB, 5, 5, 1));
        for (String format : List.of("png", "jpg")) {
            byte[] whole = encoded(format, BufferedImage.TYPE_INT_RGB, 16, 16, 0x123456, 0xFEDCBA, 0x00FF00);
            for (int length = 0; length < whole.length - 4; length += 1 + length / 20) {
                Path file = put("a/1." + format, Arrays.copyOf(whole, length));
                refusal(file, () -> ImageFolders.read(folder, 3, 5, 5));
            }
            Files.delete(folder.resolve("a/1." + format));
        }
        Path text = put("a/1.jpeg", "no image".getBytes("US-ASCII"));
        refuses("is neither PNG nor JPEG inside", text, () -> ImageFolders.read(folder, 3, 5, 5));
        Path gif = put("a/1.jpeg", encoded("gif", BufferedImage.TYPE_INT_RGB, 5, 5, 1));
        refuses("is neither PNG nor JPEG inside, but gif", gif, () -> ImageFolders.read(folder, 3, 5, 5));
    }

    @Test
    void aHugeImageInASmallFileIsNotUnpacked() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        DataOutputStream chunk = new DataOutputStream(header);
        chunk.writeBytes("IHDR");
        chunk.writeInt(60_000);
        chunk.writeInt(50_000);
        chunk.write(new byte[] {8, 2, 0, 0, 0});
        CRC32 crc = new CRC32();
        crc.update(header.toByteArray());
        out.writeInt(13);
        out.write(header.toByteArray());
        out.writeInt((int) crc.getValue());
        Path bomb = put("a/bomb.png", bytes.toByteArray());
        refuses("has 60000x50000 pixels, too many to unpack", bomb, () -> ImageFolders.read(folder, 3, 4, 4));
    }

    @Test
    void wrongFolders() throws IOException {
        String need = "; there must be one for each class, at most 256";
        refuses("has 0 folders" + need, folder, () -> ImageFolders.read(folder, 3, 4, 4));
        Path missing = folder.resolve("missing");
        refuses("is no folder", missing, () -> ImageFolders.read(missing, 3, 4, 4));
        Files.createDirectories(folder.resolve("a"));
        assertTrue(refusal(folder, () -> ImageFolders.read(folder, 3, 4, 4)).startsWith("has 0 PNG and JPEG files"));
        for (int i = 0; i < 256; i++) {
            Files.createDirectories(folder.resolve("c" + i));
        }
        refuses("has 257 folders" + need, folder, () -> ImageFolders.read(folder, 3, 4, 4));
        Files.delete(folder.resolve("a"));
        put("c99/1.png", encoded("png", BufferedImage.TYPE_INT_RGB, 1, 1, 1));
        ByteImages images = ImageFolders.read(folder, 3, 1, 1);
        assertEquals("c99", images.classes().get(images.label(0)));
        assertThrows(IllegalArgumentException.class, () -> ImageFolders.read(folder, 2, 1, 1));
    }
}
