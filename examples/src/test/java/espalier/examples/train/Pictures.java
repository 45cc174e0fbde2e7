package espalier.examples.train;

import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;

/**
 * Folders of small pictures for tests: each class has a bar at another height, pictures have several sizes and kinds.
 */
final class Pictures {
    private Pictures() {}

    /** Writes {@code folder/train} and {@code folder/val} with so many pictures of each class. */
    static Path write(Path folder, int train, int val, String... classes) throws IOException {
        for (String name : classes) {
            int height = List.of(classes).indexOf(name);
            for (int i = 0; i < train + val; i++) {
                Path of = Files.createDirectories(
                        folder.resolve(i < train ? "train" : "val").resolve(name));
                BufferedImage picture = draw(i, (height + 0.5) / classes.length);
                boolean jpeg = i % 4 == 3;
                ImageIO.write(
                        picture,
                        jpeg ? "jpg" : "png",
                        of.resolve(i + (jpeg ? ".jpg" : ".png")).toFile());
            }
        }
        return folder;
    }

    private static BufferedImage draw(int i, double height) {
        int side = 30 + 7 * (i % 3);
        int kind = i % 2 == 0 ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_BYTE_GRAY;
        BufferedImage picture = new BufferedImage(side + i % 5, side, kind);
        Graphics2D pen = picture.createGraphics();
        pen.setColor(new Color(200, 255, 220 - 5 * i));
        pen.fillRect(0, (int) (height * side) - 4, picture.getWidth(), 8);
        pen.dispose();
        return picture;
    }
}
