package espalier.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Scaled images against means worked out by hand. Pixels are given in 255ths. */
class ResizedTest {
    private static Dataset image(Shape shape, int... pixels) {
        byte[] bytes = new byte[pixels.length];
        for (int i = 0; i < pixels.length; i++) {
            bytes[i] = (byte) pixels[i];
        }
        return new ByteImages(bytes, new byte[] {1}, shape, List.of("a", "b"));
    }

    /** The pixels of the only image, at an offset, in 255ths. */
    private static float[] pixels(Dataset data) {
        float[] found = new float[data.sampleShape().size() + 3];
        data.copySample(0, found, 2);
        assertEquals(0, found[1] + found[found.length - 1], "nothing beside it");
        float[] image = new float[found.length - 3];
        for (int i = 0; i < image.length; i++) {
            image[i] = 255 * found[i + 2];
        }
        return image;
    }

    private static void becomes(float[] expected, Shape to, Shape from, int... pixels) {
        Dataset resized = image(from, pixels).resized(to);
        assertEquals(to, resized.sampleShape());
        assertArrayEquals(expected, pixels(resized), 1e-3f);
    }

    @Test
    void growing() {
        // Twice as wide: a quarter of the way from one centre to the next, and the edge beyond the last.
        becomes(new float[] {0, 25, 75, 100}, Shape.of(1, 1, 4), Shape.of(1, 1, 2), 0, 100);
        becomes(
                new float[] {0, 25, 75, 100, 10, 35, 85, 110, 30, 55, 105, 130, 40, 65, 115, 140},
                Shape.of(1, 4, 4),
                Shape.of(1, 2, 2),
                0,
                100,
                40,
                140);
    }

    @Test
    void shrinking() {
        // Triangles of width 2 around 1 and 3: weights 3/4 3/4 1/4 0 and 0 1/4 3/4 3/4, over 7/4.
        becomes(new float[] {40, 130}, Shape.of(1, 2, 1), Shape.of(1, 4, 1), 0, 70, 70, 210);
        becomes(new float[] {77, 77, 77}, Shape.of(1, 1, 3), Shape.of(1, 1, 7), 77, 77, 77, 77, 77, 77, 77);
    }

    @Test
    void channels() {
        becomes(new float[] {10, 20, 10, 20, 10, 20}, Shape.of(3, 1, 2), Shape.of(1, 1, 2), 10, 20);
        becomes(
                new float[] {0.299f * 100 + 0.587f * 50 + 0.114f * 200},
                Shape.of(1, 1, 1),
                Shape.of(3, 1, 1),
                100,
                50,
                200);
        becomes(new float[] {1, 1, 2, 2, 3, 3}, Shape.of(3, 2, 1), Shape.of(3, 1, 1), 1, 2, 3);
    }

    @Test
    void theRestIsAsItWas() {
        Dataset data = image(Shape.of(1, 1, 2), 1, 2);
        Dataset resized = data.resized(Shape.of(1, 2, 2));
        assertEquals(1, resized.size());
        assertEquals(1, resized.label(0));
        assertEquals(List.of("a", "b"), resized.classes());
        assertSame(data, data.resized(Shape.of(1, 1, 2)));
    }

    @Test
    void whatIsNoImage() {
        Dataset data = image(Shape.of(1, 1, 2), 1, 2);
        for (Shape wrong : List.of(Shape.of(2, 4, 4), Shape.of(1, 4), Shape.of(1, 0, 4))) {
            String said = assertThrows(IllegalArgumentException.class, () -> data.resized(wrong))
                    .getMessage();
            assertEquals("resized: from [1, 1, 2] to " + wrong + "; both must be [1, H, W] or [3, H, W]", said);
        }
    }
}
