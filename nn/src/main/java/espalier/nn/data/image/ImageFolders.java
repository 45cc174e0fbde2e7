package espalier.nn.data.image;

import espalier.nn.data.ByteImages;
import espalier.nn.data.DataFileException;
import espalier.tensor.Shape;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/**
 * A folder with a folder of PNG or JPEG files for each class: {@code train/cat/0001.png}. Classes and files are taken
 * in the order of their names; those that begin with a dot are passed over.
 *
 * <p>Images are brought to one size: scaled so that the shorter side fits, then cut in the middle. An image that
 * already has the size is taken pixel by pixel.
 */
public final class ImageFolders {
    private static final int MOST_CLASSES = 256;
    private static final List<String> FORMATS = List.of("png", "jpeg");
    private static final byte[] END_OF_JPEG = {(byte) 0xFF, (byte) 0xD9};
    private static final byte[] END_OF_PNG = {'I', 'E', 'N', 'D'};
    private static final long MOST_PIXELS = 1L << 26;

    private ImageFolders() {}

    /**
     * Reads a folder into images {@code [channels, height, width]}.
     *
     * @param channels 3 for red, green and blue, or 1 for grey (0.299 R + 0.587 G + 0.114 B)
     * @throws DataFileException naming the file or folder that is wrong
     */
    public static ByteImages read(Path folder, int channels, int height, int width) throws IOException {
        if (channels != 1 && channels != 3) {
            throw new IllegalArgumentException("images: " + channels + " channels; there can be 1 or 3");
        }
        List<Path> classes = list(folder, Files::isDirectory);
        if (classes.isEmpty() || classes.size() > MOST_CLASSES) {
            throw new DataFileException(
                    folder,
                    "has " + classes.size() + " folders; there must be one for each class, at most " + MOST_CLASSES);
        }
        List<byte[]> images = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (int label = 0; label < classes.size(); label++) {
            for (Path file : list(classes.get(label), ImageFolders::isImage)) {
                images.add(pixels(fitted(decode(file), height, width), channels));
                labels.add(label);
            }
        }
        Shape shape = Shape.of(channels, height, width);
        if (images.isEmpty() || images.size() > (Integer.MAX_VALUE - 16) / shape.size()) {
            throw new DataFileException(
                    folder,
                    "has " + images.size() + " PNG and JPEG files; there must be some, and 2 GB of pixels at most");
        }
        byte[] pixels = new byte[images.size() * shape.size()];
        byte[] answers = new byte[images.size()];
        for (int i = 0; i < answers.length; i++) {
            System.arraycopy(images.get(i), 0, pixels, i * shape.size(), shape.size());
            answers[i] = (byte) (int) labels.get(i);
        }
        return new ByteImages(
                pixels,
                answers,
                shape,
                classes.stream().map(c -> c.getFileName().toString()).toList());
    }

    private interface Choice {
        boolean takes(Path path);
    }

    private static List<Path> list(Path folder, Choice choice) throws IOException {
        if (!Files.isDirectory(folder)) {
            throw new DataFileException(folder, "is no folder");
        }
        try (Stream<Path> entries = Files.list(folder)) {
            return entries.filter(entry -> !entry.getFileName().toString().startsWith("."))
                    .filter(choice::takes)
                    .sorted()
                    .toList();
        }
    }

    private static boolean isImage(Path file) {
        String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
        return name.endsWith(".png") || name.endsWith(".jpg") || name.endsWith(".jpeg");
    }

    /** The image in a file; its size is looked at before its pixels, because a small file can hold a huge one. */
    private static BufferedImage decode(Path file) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        try (ImageInputStream in = ImageIO.createImageInputStream(new ByteArrayInputStream(bytes))) {
            Iterator<ImageReader> readers = ImageIO.getImageReaders(in);
            if (!readers.hasNext()) {
                throw new DataFileException(file, "is neither PNG nor JPEG inside");
            }
            ImageReader reader = readers.next();
            try {
                if (!FORMATS.contains(reader.getFormatName().toLowerCase(Locale.ROOT))) {
                    throw new DataFileException(file, "is neither PNG nor JPEG inside, but " + reader.getFormatName());
                }
                reader.setInput(in, true, true);
                long size = (long) reader.getWidth(0) * reader.getHeight(0);
                if (size > MOST_PIXELS) {
                    throw new DataFileException(
                            file,
                            "has " + reader.getWidth(0) + "x" + reader.getHeight(0) + " pixels, too many to unpack");
                }
                if (isCut(bytes)) {
                    throw new DataFileException(file, bytes.length, "ends too early: the end marker is missing");
                }
                return reader.read(0);
            } finally {
                reader.dispose();
            }
        } catch (DataFileException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            throw new DataFileException(file, "is no readable image: " + e.getMessage());
        }
    }

    /** ImageIO fills what is missing with grey or black and says nothing, so the end marker is looked for. */
    private static boolean isCut(byte[] bytes) {
        byte[] end = bytes[0] == (byte) 0xFF ? END_OF_JPEG : END_OF_PNG;
        for (int i = bytes.length - end.length; i > Math.max(0, bytes.length - 1024); i--) {
            if (Arrays.equals(bytes, i, i + end.length, end, 0, end.length)) {
                return false;
            }
        }
        return true;
    }

    private static BufferedImage fitted(BufferedImage image, int height, int width) {
        if (image.getHeight() == height && image.getWidth() == width) {
            return image;
        }
        double scale = Math.max((double) width / image.getWidth(), (double) height / image.getHeight());
        int scaledWidth = (int) Math.ceil(scale * image.getWidth());
        int scaledHeight = (int) Math.ceil(scale * image.getHeight());
        BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = out.createGraphics();
        graphics.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_BILINEAR);
        graphics.drawImage(
                image, (width - scaledWidth) / 2, (height - scaledHeight) / 2, scaledWidth, scaledHeight, null);
        graphics.dispose();
        return out;
    }

    /** Planes of bytes: red, green and blue, or grey. */
    private static byte[] pixels(BufferedImage image, int channels) {
        int plane = image.getHeight() * image.getWidth();
        byte[] values = new byte[channels * plane];
        boolean grey =
                image.getRaster().getNumBands() == 1 && image.getSampleModel().getSampleSize(0) == 8;
        for (int i = 0; i < plane; i++) {
            int x = i % image.getWidth();
            int y = i / image.getWidth();
            // A grey file's bytes are taken as they are; the colour model would bend them.
            int level = grey ? image.getRaster().getSample(x, y, 0) : 0;
            int rgb = grey ? level << 16 | level << 8 | level : image.getRGB(x, y);
            int red = rgb >> 16 & 0xFF;
            int green = rgb >> 8 & 0xFF;
            int blue = rgb & 0xFF;
            if (channels == 1) {
                values[i] = (byte) Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
            } else {
                values[i] = (byte) red;
                values[plane + i] = (byte) green;
                values[2 * plane + i] = (byte) blue;
            }
        }
        return values;
    }
}
