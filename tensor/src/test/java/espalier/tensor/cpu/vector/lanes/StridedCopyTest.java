package espalier.tensor.cpu.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class StridedCopyTest {
    private static final float UNTOUCHED = -7;

    /**
     * Runs are copied eight floats at a time, whatever their length. What lies after the last one may be another
     * thread's.
     */
    @Test
    void runsLeaveWhatLiesAfterThemAlone() {
        float[] from = new float[100];
        for (int i = 0; i < from.length; i++) {
            from[i] = i;
        }
        for (int count = 1; count <= 8; count++) {
            for (int runs = 0; runs <= 9; runs++) {
                int[] starts = IntStream.range(0, runs).map(r -> 5 * r + 1).toArray();
                float[] to = new float[100];
                Arrays.fill(to, UNTOUCHED);
                StridedCopy.runs(from, 2, starts, runs, to, 3, count, false);
                for (int i = 0; i < to.length; i++) {
                    int at = i - 3;
                    boolean written = at >= 0 && at < runs * count;
                    float expected = written ? 2 + starts[at / count] + at % count : UNTOUCHED;
                    assertEquals(expected, to[i], runs + " runs of " + count + " at " + at);
                }
            }
        }
    }
}
