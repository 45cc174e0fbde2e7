package espalier.tensor.cpu.vector.norm;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;

/**
 * The numbers of each channel in {@code y = (x − centre)·factor + shift}, which is batch norm.
 *
 * @param gamma γ
 * @param shift β
 * @param centre the mean, known when it has been {@linkplain #settle settled}
 * @param factor γ/√(σ² + ε), likewise
 */
record ChannelScales(float[] gamma, float[] shift, float[] centre, float[] factor) {
    /** With statistics that are still to be found. */
    static ChannelScales of(Parallel parallel, Tensor scale, Tensor shift) {
        int channels = scale.size();
        return new ChannelScales(
                values(parallel, scale), values(parallel, shift), new float[channels], new float[channels]);
    }

    /** Takes statistics of channels, and writes them to two tensors {@code [C]}. */
    BatchPlanes.ChannelMoments settle(double epsilon, Tensor mean, Tensor variance) {
        float[] means = Heap.floats(mean);
        int mo = Heap.at(mean);
        float[] variances = Heap.floats(variance);
        int vo = Heap.at(variance);
        return (c, average, spread) -> {
            means[mo + c] = centre[c] = (float) average;
            variances[vo + c] = (float) spread;
            factor[c] = factor(gamma[c], (float) spread, epsilon);
        };
    }

    /** γ/√(σ² + ε), in both directions from the variance as it is kept, so that both find the same numbers positive. */
    static float factor(float gamma, float variance, double epsilon) {
        return (float) (gamma / Math.sqrt(variance + epsilon));
    }

    /** The values of a tensor {@code [C]}, in an array of their own. */
    static float[] values(Parallel parallel, Tensor values) {
        Tensor input = values.contiguous();
        float[] from = Heap.floats(input);
        int at = Heap.at(input);
        float[] copy = new float[input.size()];
        parallel.once(() -> System.arraycopy(from, at, copy, 0, copy.length));
        return copy;
    }
}
