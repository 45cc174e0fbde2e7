package espalier.tensor.cpu.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
            assertEquals(lines, Fetch.lines(array, 20, count), "of " + count);
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
        assertEquals(3 * 31, Fetch.rows(images, 7, 3, 5, 16, 0, 5));
        assertEquals(2 * 3, Fetch.rows(images, 7, 2, 5, 16, -4, 2));
        assertEquals(3 * 24, Fetch.rows(images, 7, 3, 5, 16, 3, 9));
        assertEquals(0, Fetch.rows(images, 7, 3, 5, 16, 5, 9));
        assertEquals(0, Fetch.rows(images, 7, 3, 5, 16, -4, -1));
        assertEquals(0, Fetch.rows(images, 7, 0, 5, 16, 0, 5));
    }
}
