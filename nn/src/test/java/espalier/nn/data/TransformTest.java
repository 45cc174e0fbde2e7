package espalier.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Changes of samples on images of a few pixels, against the definition pixel by pixel. */
class TransformTest {
    private static final Shape SHAPE = Shape.of(2, 3, 4);
    private static final int AT = 5;

    /** Pixels 1, 2, 3, … after five that must not be touched, and five after. */
    private static float[] image(Shape shape) {
        float[] values = new float[shape.size() + 2 * AT];
        for (int i = 0; i < values.length; i++) {
            values[i] = i < AT || i >= AT + shape.size() ? -7 : i - AT + 1;
        }
        return values;
    }

    private static float[] apply(Transform transform, Shape shape, long seed) {
        float[] values = image(shape);
        transform.apply(values, AT, shape, RandomSource.of(seed));
        for (int i = 0; i < AT; i++) {
            assertEquals(-7, values[i], "before the image");
            assertEquals(-7, values[values.length - 1 - i], "after the image");
        }
        return values;
    }

    @Test
    void normalize() {
        float[] values = apply(Transform.normalize(new float[] {1, 2}, new float[] {2, 4}), SHAPE, 1);
        assertEquals(0, values[AT]);
        assertEquals(5.5f, values[AT + 11]);
        assertEquals((13 - 2) / 4f, values[AT + 12]);
        values = apply(Transform.normalize(new float[] {1}, new float[] {2}), SHAPE, 1);
        assertEquals(6, values[AT + 12]);
    }

    @Test
    void flip() {
        Set<Boolean> seen = new HashSet<>();
        for (Shape shape : new Shape[] {SHAPE, Shape.of(1, 2, 5), Shape.of(1, 1, 1)}) {
            int width = shape.dim(2);
            for (long seed = 0; seed < 20; seed++) {
                float[] values = apply(Transform.flip(), shape, seed);
                boolean flipped = values[AT] != 1;
                seen.add(flipped);
                float[] expected = image(shape);
                for (int i = 0; flipped && i < shape.size(); i++) {
                    expected[AT + i] = i / width * width + (width - 1 - i % width) + 1;
                }
                assertArrayEquals(expected, values);
            }
        }
        assertEquals(Set.of(true, false), seen);
    }

    @Test
    void cropIsAWindowOfThePaddedImage() {
        for (int pad : new int[] {0, 1, 2, 5}) {
            Set<String> windows = new HashSet<>();
            for (long seed = 0; seed < 200; seed++) {
                float[] values = apply(Transform.crop(pad), SHAPE, seed);
                RandomSource same = RandomSource.of(seed);
                int down = same.nextInt(2 * pad + 1) - pad;
                int right = same.nextInt(2 * pad + 1) - pad;
                windows.add(down + "," + right);
                for (int c = 0; c < 2; c++) {
                    for (int y = 0; y < 3; y++) {
                        for (int x = 0; x < 4; x++) {
                            int row = y + down;
                            int column = x + right;
                            boolean inside = row >= 0 && row < 3 && column >= 0 && column < 4;
                            float expected = inside ? (c * 3 + row) * 4 + column + 1 : 0;
                            assertEquals(
                                    expected,
                                    values[AT + (c * 3 + y) * 4 + x],
                                    "down " + down + ", right " + right + " at " + c + " " + y + " " + x);
                        }
                    }
                }
            }
            int side = 2 * pad + 1;
            assertTrue(windows.size() > 0.6 * side * side, windows.size() + " windows of " + side * side);
        }
    }

    @Test
    void cutout() {
        for (int size : new int[] {0, 1, 2, 3, 9}) {
            for (long seed = 0; seed < 50; seed++) {
                float[] values = apply(Transform.cutout(size), SHAPE, seed);
                RandomSource same = RandomSource.of(seed);
                int top = same.nextInt(3) - size / 2;
                int left = same.nextInt(4) - size / 2;
                for (int i = 0; i < SHAPE.size(); i++) {
                    int y = i / 4 % 3;
                    int x = i % 4;
                    boolean cut = y >= top && y < top + size && x >= left && x < left + size;
                    assertEquals(cut ? 0 : i + 1, values[AT + i]);
                }
            }
        }
    }

    @Test
    void numbersThatMakeNoSenseAreRefused() {
        refused("crop: -1 pixels must be at least 0", () -> Transform.crop(-1));
        refused("cutout: -2 pixels must be at least 0", () -> Transform.cutout(-2));
        refused(
                "normalize: deviation 0.0 must be above 0",
                () -> Transform.normalize(new float[] {1, 1}, new float[] {1, 0}));
        refused(
                "normalize: needs a mean and a deviation for each channel, or one of each for all: 2 and 1",
                () -> Transform.normalize(new float[] {1, 1}, new float[] {1}));
        Transform three = Transform.normalize(new float[3], new float[] {1, 1, 1});
        refused(
                "normalize: has numbers for 3 channels, a sample is [2, 3, 4]",
                () -> apply(three, Shape.of(2, 3, 4), 1));
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(
                sentence, assertThrows(IllegalArgumentException.class, call).getMessage());
    }

    @Test
    void oneAfterTheOther() {
        Transform twice = Transform.normalize(new float[] {0}, new float[] {0.5f})
                .then(Transform.normalize(new float[] {1}, new float[] {1}));
        assertEquals(1, apply(twice, SHAPE, 1)[AT]);
        assertArrayEquals(image(SHAPE), apply(Transform.none(), SHAPE, 1));
    }
}
