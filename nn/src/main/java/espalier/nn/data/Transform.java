package espalier.nn.data;

import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.util.Arrays;

/**
 * A change made to each sample as it is read: normalization, and the random shifts and flips that make a small data set
 * larger. The random numbers of a sample depend on the seed, the epoch and the sample alone.
 */
@FunctionalInterface
public interface Transform {
    /** Changes the sample at {@code values[at ..]}, an image {@code [C, H, W]}, in place. */
    void apply(float[] values, int at, Shape shape, RandomSource random);

    /** Nothing. */
    static Transform none() {
        return (values, at, shape, random) -> {};
    }

    /** This, then another. */
    default Transform then(Transform next) {
        return (values, at, shape, random) -> {
            apply(values, at, shape, random);
            next.apply(values, at, shape, random);
        };
    }

    /** {@code (x − mean[c]) / deviation[c]} for each channel; one number serves all channels. */
    static Normalization normalize(float[] mean, float[] deviation) {
        return new Normalization(mean, deviation);
    }

    /** Mirrors left and right, every second time. */
    static Transform flip() {
        return (values, at, shape, random) -> {
            if (random.nextInt(2) == 0) {
                return;
            }
            int width = shape.dim(2);
            for (int row = at; row < at + shape.size(); row += width) {
                for (int i = 0; i < width / 2; i++) {
                    float left = values[row + i];
                    values[row + i] = values[row + width - 1 - i];
                    values[row + width - 1 - i] = left;
                }
            }
        };
    }

    /** Moves by up to {@code pad} pixels each way, zeros coming in: a random crop of the padded image. */
    static Transform crop(int pad) {
        requireSize("crop", pad);
        return (values, at, shape, random) -> {
            int down = random.nextInt(2 * pad + 1) - pad;
            int right = random.nextInt(2 * pad + 1) - pad;
            int height = shape.dim(1);
            int width = shape.dim(2);
            for (int plane = 0; plane < shape.dim(0); plane++) {
                int top = at + plane * height * width;
                for (int i = 0; i < height; i++) {
                    int row = down > 0 ? i : height - 1 - i; // rows are read before they are overwritten
                    boolean inside = row + down >= 0 && row + down < height;
                    int from = top + (row + down) * width;
                    shiftRow(values, inside ? from : -1, right, top + row * width, width);
                }
            }
        };
    }

    /** Copies a row (of zeros if {@code from} is negative) to {@code to}, {@code right} pixels further left. */
    private static void shiftRow(float[] values, int from, int right, int to, int width) {
        int count = from < 0 ? 0 : Math.max(0, width - Math.abs(right));
        int left = count == 0 ? 0 : Math.max(0, -right);
        if (count > 0) {
            System.arraycopy(values, from + left + right, values, to + left, count);
        }
        Arrays.fill(values, to, to + left, 0);
        Arrays.fill(values, to + left + count, to + width, 0);
    }

    /** Sets a square at a random place, perhaps partly outside, to 0 (DeVries and Taylor 2017). */
    static Transform cutout(int size) {
        requireSize("cutout", size);
        return (values, at, shape, random) -> {
            int height = shape.dim(1);
            int width = shape.dim(2);
            int top = random.nextInt(height) - size / 2;
            int left = random.nextInt(width) - size / 2;
            int from = Math.max(0, left);
            int to = Math.min(width, left + size);
            for (int plane = 0; plane < shape.dim(0); plane++) {
                for (int row = Math.max(0, top); row < Math.min(height, top + size); row++) {
                    int start = at + (plane * height + row) * width;
                    Arrays.fill(values, start + from, start + to, 0);
                }
            }
        };
    }

    private static void requireSize(String name, int pixels) {
        if (pixels < 0) {
            throw new IllegalArgumentException(name + ": " + pixels + " pixels must be at least 0");
        }
    }
}
