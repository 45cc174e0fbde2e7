package espalier.nn.data;

import espalier.tensor.RandomSource;
import espalier.tensor.Shape;

/**
 * {@code (x − mean[c]) / deviation[c]} for each channel c: what brings pixels to mean 0 and deviation 1. A model must
 * get its images normalized as it learned from them, so the numbers travel with it.
 */
public final class Normalization implements Transform {
    private final float[] mean;
    private final float[] deviation;

    Normalization(float[] mean, float[] deviation) {
        if (mean.length == 0 || mean.length != deviation.length) {
            throw new IllegalArgumentException(
                    "normalize: needs a mean and a deviation for each channel, or one of each" + " for all: "
                            + mean.length + " and " + deviation.length);
        }
        for (float each : deviation) {
            if (!(each > 0)) {
                throw new IllegalArgumentException("normalize: deviation " + each + " must be above 0");
            }
        }
        this.mean = mean.clone();
        this.deviation = deviation.clone();
    }

    /** The mean of a channel, counted from 0. */
    public float mean(int channel) {
        return mean[mean.length == 1 ? 0 : channel];
    }

    /** The deviation of a channel, counted from 0. */
    public float deviation(int channel) {
        return deviation[deviation.length == 1 ? 0 : channel];
    }

    @Override
    public void apply(float[] values, int at, Shape shape, RandomSource random) {
        int channels = shape.dim(0);
        if (mean.length != 1 && mean.length != channels) {
            throw new IllegalArgumentException(
                    "normalize: has numbers for " + mean.length + " channels, a sample is " + shape);
        }
        int plane = shape.size() / channels;
        for (int c = 0; c < channels; c++) {
            float centre = mean(c);
            float scale = 1 / deviation(c);
            int from = at + c * plane;
            for (int i = from; i < from + plane; i++) {
                values[i] = (values[i] - centre) * scale;
            }
        }
    }
}
