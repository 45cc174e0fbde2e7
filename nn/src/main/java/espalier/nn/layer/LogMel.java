package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.autograd.op.Convolutions;
import espalier.nn.Module;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Log-mel spectrogram: sound {@code [N, 1, T]} to the logarithms of the energies in {@code bands} ranges of pitch,
 * {@code [N, bands, L]}, in {@code L = (T − window)/hop + 1} frames, rounded down. It learns nothing; a network that
 * begins with it takes sound as it was recorded.
 *
 * <pre>{@code
 * X[k] = Σₙ hann[n]·x[n]·e^(−2πikn/window)      hann[n] = (1 − cos(2πn/window))/2,  k = 0 .. window/2
 * y[b] = ln(1e−6 + Σₖ f_b(k·rate/window)·|X[k]|²)
 * }</pre>
 *
 * The filters are triangles (Davis and Mermelstein 1980): {@code f_b} rises from 0 at edge b to 1 at edge b+1 and falls
 * to 0 at edge b+2, the edges being evenly spaced from 0 to half of the sampling rate on the mel scale {@code m =
 * 2595·log₁₀(1 + f/700)} (O'Shaughnessy 1987). Both sums are convolutions, so that any back end computes them.
 */
public final class LogMel extends Module {
    private static final double FLOOR = 1e-6;

    private final int bins;
    private final ConvSpec steps;
    private final Variable waves;
    private final Variable filters;

    /**
     * For sound of one sampling rate.
     *
     * @param rate samples a second
     * @param window samples of a frame, an even number
     * @param hop samples from the start of a frame to that of the next
     * @param bands how many ranges of pitch
     * @throws IllegalArgumentException if a number is too small, or a band so narrow that no {@code k} falls into it
     */
    public LogMel(Device device, int rate, int window, int hop, int bands) {
        if (rate < 1 || window < 2 || window % 2 != 0 || hop < 1 || bands < 1) {
            throw new IllegalArgumentException("log-mel: rate " + rate + ", hop " + hop + " and bands " + bands
                    + " must be at least 1, window " + window + " even and at least 2");
        }
        bins = window / 2 + 1;
        steps = ConvSpec.of().withStride(hop);
        waves = fixed(device, waves(window, bins), 2 * bins, 1, window);
        filters = fixed(device, filters(rate, window, bins, bands), bands, bins, 1);
    }

    private static Variable fixed(Device device, float[] values, int... shape) {
        Tensor tensor = Tensor.of(device, values, Shape.of(shape));
        tensor.storage().moveTo(Optional.empty()); // no scope takes it back
        return Variable.constant(tensor);
    }

    /** First the cosines of all {@code k}, then the sines, under the window. */
    private static float[] waves(int window, int bins) {
        float[] waves = new float[2 * bins * window];
        for (int k = 0; k < bins; k++) {
            for (int n = 0; n < window; n++) {
                double hann = (1 - Math.cos(2 * Math.PI * n / window)) / 2;
                double angle = 2 * Math.PI * ((long) k * n % window) / window;
                waves[k * window + n] = (float) (hann * Math.cos(angle));
                waves[(bins + k) * window + n] = (float) (-hann * Math.sin(angle));
            }
        }
        return waves;
    }

    private static float[] filters(int rate, int window, int bins, int bands) {
        float[] filters = new float[bands * bins];
        double step = mel(rate / 2.0) / (bands + 1);
        for (int b = 0; b < bands; b++) {
            double low = hertz(b * step);
            double middle = hertz((b + 1) * step);
            double high = hertz((b + 2) * step);
            boolean isEmpty = true;
            for (int k = 0; k < bins; k++) {
                double f = (double) k * rate / window;
                double height = Math.min((f - low) / (middle - low), (high - f) / (high - middle));
                filters[b * bins + k] = (float) Math.max(0, height);
                isEmpty &= height <= 0;
            }
            if (isEmpty) {
                throw new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "log-mel: band %d of %d, %.0f to %.0f Hz, falls between the frequencies of a window of %d samples"
                                + " at %d Hz, which are %.1f Hz apart; take fewer bands or a longer window",
                        b + 1,
                        bands,
                        low,
                        high,
                        window,
                        rate,
                        (double) rate / window));
            }
        }
        return filters;
    }

    private static double mel(double hertz) {
        return 2595 * Math.log10(1 + hertz / 700);
    }

    private static double hertz(double mel) {
        return 700 * (Math.pow(10, mel / 2595) - 1);
    }

    @Override
    protected Variable forward(Variable x) {
        Variable spectrum = Convolutions.conv1d(steps, x, waves, Optional.empty()); // [N, 2·bins, L]
        List<Variable> parts = spectrum.square().split(1, bins, bins);
        Variable power = parts.get(0).add(parts.get(1)); // [N, bins, L]
        return Convolutions.conv1d(ConvSpec.of(), power, filters, Optional.empty())
                .add(FLOOR)
                .log();
    }

    @Override
    public long macs(Shape input, Shape output) {
        long frames = (long) output.dim(0) * output.dim(2);
        return frames * (waves.shape().size() + filters.shape().size());
    }
}
