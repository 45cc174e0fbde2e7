package espalier.tensor.cpu.vector.channels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Tiles of every size give the sum as it is written; of small whole numbers, so that it is exact. */
class BlockTilesTest {
    private static final int LANES = Lanes.COUNT;
    private static final int[] PLACES = {-1, 3, 40 * LANES, LANES + 1};

    static IntStream pixels() {
        return IntStream.rangeClosed(1, BlockTiles.MOST);
    }

    @ParameterizedTest
    @MethodSource("pixels")
    void tilesGiveTheSum(int pixels) {
        float[] x = numbers(100 * LANES, 7, 11);
        float[] w = numbers(3 * BlockTiles.WEIGHTS + 5, 5, 13);
        float[] bias = numbers(2 * LANES + 3, 3, 17);
        int second = pixels * LANES + 9;
        float[] y = new float[second + pixels * LANES + 9];
        float[] expected = y.clone();
        int runs = PLACES.length - 1;
        for (int j = 0; j < pixels; j++) {
            for (int o = 0; o < 2 * LANES; o++) {
                float sum = bias[3 + o];
                for (int r = 0; r < runs; r++) {
                    for (int i = 0; i < LANES; i++) {
                        sum += x[2 + PLACES[1 + r] + i + j * LANES] * w[5 + (r * LANES + i) * 2 * LANES + o];
                    }
                }
                expected[4 + o / LANES * second + j * LANES + o % LANES] = sum;
            }
        }
        BlockTiles.run(pixels, runs, x, 2, PLACES, 1, w, 5, bias, 3, y, 4, 4 + second);
        assertArrayEquals(expected, y);
    }

    private static float[] numbers(int count, int factor, int modulus) {
        float[] numbers = new float[count];
        for (int i = 0; i < count; i++) {
            numbers[i] = i * factor % modulus - modulus / 2;
        }
        return numbers;
    }
}
