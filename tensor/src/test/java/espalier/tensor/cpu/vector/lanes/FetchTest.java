package espalier.tensor.cpu.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.cpu.Scratch;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** The sums tell what has been read. */
class FetchTest {
    @Test
    void oneFloatOfEachLineIsRead() {
        for (int count : new int[] {0, 1, 15, 16, 17, 63, 64, 65, 127, 128, 129, 1000}) {
            float[] array = new float[count + 40];
            Arrays.fill(array, Float.NaN);
            int lines = 0;
            for (int i = 0; i < count; i += 16, lines++) {
                array[20 + i] = 1f;
            }
            assertEquals(lines, Fetch.sum(array, 20, count), "of " + count);
        }
    }

    /** Planes of 5 rows of 16. */
    @Test
    void onlyRowsThatThereAre() {
        float[] images = new float[7 + 3 * 5 * 16];
        Arrays.fill(images, Float.NaN);
        for (int line = 0; line < 3 * 5; line++) {
            images[7 + 16 * line] = 1 << line % 5;
        }
        assertEquals(3 * 31, rows(images, 7, 3, 5, 16, 0, 5));
        assertEquals(2 * 3, rows(images, 7, 2, 5, 16, -4, 2));
        assertEquals(3 * 24, rows(images, 7, 3, 5, 16, 3, 9));
        assertEquals(0, rows(images, 7, 3, 5, 16, 5, 9));
        assertEquals(0, rows(images, 7, 3, 5, 16, 7, 9));
        assertEquals(0, rows(images, 7, 3, 5, 16, -4, -1));
        assertEquals(0, rows(images, 7, 0, 5, 16, 0, 5));
    }

    private static float rows(float[] images, int from, int planes, int height, int width, int first, int end) {
        Fetch.rows(images, from, planes, height, width, first, end);
        return Scratch.floats(Scratch.FETCHED, 1)[0];
    }

    @Test
    void someImages() {
        float[] array = new float[5 + 6 * 32];
        for (int image = 0; image < 6; image++) {
            array[5 + 32 * image] = 1 << image;
        }
        Fetch.images(new Span(array, 5), 2, 3, 32);
        assertEquals(4 + 8 + 16, Scratch.floats(Scratch.FETCHED, 1)[0]);
    }
}
