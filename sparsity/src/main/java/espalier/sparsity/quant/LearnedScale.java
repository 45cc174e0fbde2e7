package espalier.sparsity.quant;

import espalier.autograd.Variable;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.Role;
import espalier.sparsity.parametrize.Chained;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.packed.Scaling;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

/**
 * A quantized weight whose scale is learned with it (LSQ, Esser et al. 2020): codes from −M to M with M =
 * 2<sup>bits−1</sup>−1, one scale for the layer or one for each output channel.
 *
 * <pre>{@code
 * LearnedScale.on(Sparsity.weights(model).values(), 2, Scaling.PER_ROW);
 * }</pre>
 *
 * <p>The scale starts at {@code 2·mean|w|/√M} over the weights that are not zero. It has the role
 * {@link Role#QUANTIZER}: give that no weight decay.
 */
public final class LearnedScale implements Parametrization {
    private static final double LEAST = 1e-12;

    private final Parameter scale;
    private final int largest;

    /** With a scale, {@code []} or {@code [O, 1, ..]}, for codes of 2 to 16 bits. */
    public LearnedScale(Parameter scale, int bits) {
        this.scale = scale;
        this.largest = UniformGrid.symmetric(1, bits).highest();
    }

    /** Quantizes these weights, behind what stands before them already, each with scales of its own. */
    public static void on(Collection<Parameter> weights, int bits, Scaling scaling) {
        weights.forEach(weight -> {
            Tensor first = start(weight.get().value(), bits, scaling);
            Chained.behind(weight, new LearnedScale(new Parameter("scale", Role.QUANTIZER, first), bits));
        });
    }

    private static Tensor start(Tensor w, int bits, Scaling scaling) {
        float[] values = w.toFloats();
        int channels = scaling == Scaling.PER_ROW ? w.dim(0) : 1;
        int size = values.length / Math.max(1, channels);
        double root = Math.sqrt(UniformGrid.symmetric(1, bits).highest());
        float[] scales = new float[channels];
        for (int channel = 0; channel < channels; channel++) {
            double sum = 0;
            int count = 0;
            for (int i = channel * size; i < (channel + 1) * size; i++) {
                sum += Math.abs(values[i]);
                count += values[i] != 0 ? 1 : 0;
            }
            scales[channel] = count == 0 ? 1 : (float) (2 * sum / count / root);
        }
        int[] dims = new int[scaling == Scaling.PER_ROW ? w.rank() : 0];
        Arrays.fill(dims, 1);
        if (dims.length > 0) {
            dims[0] = channels;
        }
        return Tensor.of(w.device(), scales, Shape.of(dims));
    }

    @Override
    public Variable apply(Variable w) {
        Variable s = scale.get().abs().max(LEAST); // a step too far must not turn the scale's sign
        double perScale = (double) w.value().size() / Math.max(1, scale.shape().size());
        return FakeQuantize.learned(w, s, -largest, largest, 1 / Math.sqrt(Math.max(1, perScale) * largest));
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(scale);
    }

    /** The grids as they are now, for packing. */
    public Grids grids() {
        List<UniformGrid> grids = new ArrayList<>();
        for (float s : scale.raw().value().toFloats()) {
            grids.add(new UniformGrid((float) Math.max(Math.abs(s), LEAST), 0, -largest, largest));
        }
        return new Grids(grids);
    }
}
