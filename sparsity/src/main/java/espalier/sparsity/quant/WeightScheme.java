package espalier.sparsity.quant;

import espalier.tensor.Tensor;
import espalier.tensor.packed.Scaling;
import java.util.ArrayList;
import java.util.List;

/**
 * How the weights of a layer get their grids: symmetric ones, so that a pruned zero stays exactly zero.
 *
 * <pre>{@code
 * Grids grids = WeightScheme.perChannel(8).grids(conv.weight().get().value());
 * }</pre>
 *
 * <p>With a grid for each output channel and {@link Clip#MAX}, quantizing commutes with scaling a channel: it makes no
 * difference whether a batch norm is folded into the weights before or after.
 *
 * @param bits of a code, 2 to 16
 * @param scaling a grid for each output channel ({@code PER_ROW}) or one for the layer
 * @param clip how far a grid reaches
 */
public record WeightScheme(int bits, Scaling scaling, Clip clip) {
    /** The usual one: a grid for each output channel that reaches to its largest weight. */
    public static WeightScheme perChannel(int bits) {
        return new WeightScheme(bits, Scaling.PER_ROW, Clip.MAX);
    }

    /** One grid for the layer that reaches to its largest weight. */
    public static WeightScheme perTensor(int bits) {
        return new WeightScheme(bits, Scaling.PER_MATRIX, Clip.MAX);
    }

    /** With another clip. */
    public WeightScheme with(Clip other) {
        return new WeightScheme(bits, scaling, other);
    }

    /**
     * The grids for a weight {@code [O, ..]}.
     *
     * @throws IllegalArgumentException if a weight is not finite
     */
    public Grids grids(Tensor w) {
        float[] values = w.toFloats();
        int channels = scaling == Scaling.PER_ROW && w.rank() > 0 ? w.dim(0) : 1;
        if (channels == 0) {
            return Grids.of(UniformGrid.symmetric(0, bits));
        }
        int size = values.length / channels;
        List<UniformGrid> grids = new ArrayList<>(channels);
        for (int channel = 0; channel < channels; channel++) {
            grids.add(grid(values, channel * size, (channel + 1) * size));
        }
        return new Grids(grids);
    }

    private UniformGrid grid(float[] values, int from, int to) {
        double max = 0;
        for (int i = from; i < to; i++) {
            if (!Float.isFinite(values[i])) {
                throw new IllegalArgumentException("quantize: weight " + i + " is " + values[i]);
            }
            max = Math.max(max, Math.abs(values[i]));
        }
        UniformGrid best = UniformGrid.symmetric(max, bits);
        if (clip == Clip.MAX) {
            return best;
        }
        double least = squaredError(best, values, from, to);
        for (int percent = 99; percent >= 40; percent--) {
            UniformGrid other = UniformGrid.symmetric(max * percent / 100, bits);
            double error = squaredError(other, values, from, to);
            if (error < least) {
                least = error;
                best = other;
            }
        }
        return best;
    }

    private static double squaredError(UniformGrid grid, float[] values, int from, int to) {
        double sum = 0;
        for (int i = from; i < to; i++) {
            double error = values[i] - grid.nearest(values[i]);
            sum += error * error;
        }
        return sum;
    }
}
