package espalier.tensor.cpu.vector.norm;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;

/**
 * The numbers of each channel in {@code dx = (g − (x − centre)·along − offset)·factor}, which is the gradient of batch
 * norm: {@code dx = γ/√(σ² + ε)·(g − dβ/m − x̂·dγ/m)} with {@code x̂ = (x − μ)/√(σ² + ε)} (Ioffe and Szegedy 2015,
 * section 3).
 *
 * @param centre μ
 * @param variance σ²
 * @param factor γ/√(σ² + ε)
 * @param along dγ/m/√(σ² + ε), known when it has been {@linkplain #settle settled}
 * @param offset dβ/m, likewise
 */
record ChannelSlopes(float[] centre, float[] variance, float[] factor, float[] along, float[] offset) {
    /** With sums that are still to be found. */
    static ChannelSlopes of(Parallel parallel, Tensor scale, Tensor mean, Tensor variance, double epsilon) {
        int channels = scale.size();
        float[] gamma = ChannelScales.values(parallel, scale);
        float[] variances = ChannelScales.values(parallel, variance);
        float[] factor = new float[channels];
        parallel.once(() -> {
            for (int c = 0; c < channels; c++) {
                factor[c] = ChannelScales.factor(gamma[c], variances[c], epsilon);
            }
        });
        return new ChannelSlopes(
                ChannelScales.values(parallel, mean), variances, factor, new float[channels], new float[channels]);
    }

    /**
     * Takes Σg and Σ(x − μ)·g of channels, and writes {@code dγ = Σg·x̂} and {@code dβ = Σg} to two tensors
     * {@code [C]}.
     *
     * @param count elements of a channel, the m of the paper
     */
    BatchPlanes.ChannelSums settle(double count, double epsilon, Tensor dscale, Tensor dshift) {
        float[] dgamma = Heap.floats(dscale);
        int dgo = Heap.at(dscale);
        float[] dbeta = Heap.floats(dshift);
        int dbo = Heap.at(dshift);
        return (c, sum, dot) -> {
            double scaleOfX = 1 / Math.sqrt(variance[c] + epsilon);
            dbeta[dbo + c] = (float) sum;
            dgamma[dgo + c] = (float) (dot * scaleOfX);
            along[c] = (float) (dot * scaleOfX * scaleOfX / count);
            offset[c] = (float) (sum / count);
        };
    }
}
