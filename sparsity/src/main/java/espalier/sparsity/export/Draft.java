package espalier.sparsity.export;

import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** A step whose tensors are not yet packed, while operations are still being joined to it. */
final class Draft {
    /** The number of the program's input among the drafts. */
    static final int INPUT = -1;

    /** Weights as they are trained. */
    record Weight(String name, float[] values, Shape shape, Optional<ConvSpec> convolution) {
        int rows() {
            return shape.dim(0);
        }
    }

    final String place;
    final List<Integer> inputs;
    Optional<Weight> weight = Optional.empty();
    /** What is done per output channel after the weights, or without any: {@code factor[c]·x + added[c]}. */
    Optional<double[]> factor = Optional.empty();

    Optional<double[]> added = Optional.empty();
    /** For drafts without tensors. */
    Optional<Operation> operation = Optional.empty();

    Nonlinearity nonlinearity = Nonlinearity.NONE;

    Draft(String place, List<Integer> inputs) {
        this.place = place;
        this.inputs = new ArrayList<>(inputs);
    }

    /** Whether a factor and a summand for each channel can still be taken in. */
    boolean takesScale() {
        return weight.isPresent() && nonlinearity == Nonlinearity.NONE;
    }

    /** Applies {@code scale[c]·x + shift[c]} after what there is. */
    void scale(double[] scale, double[] shift) {
        double[] factors = factor.orElseGet(() -> filled(scale.length, 1));
        double[] sums = added.orElseGet(() -> filled(scale.length, 0));
        for (int c = 0; c < scale.length; c++) {
            factors[c] *= scale[c];
            sums[c] = sums[c] * scale[c] + shift[c];
        }
        factor = Optional.of(factors);
        added = Optional.of(sums);
    }

    private static double[] filled(int length, double value) {
        double[] array = new double[length];
        Arrays.fill(array, value);
        return array;
    }

    // ---- packing

    Operation packed(Packer packer) {
        if (operation.isPresent()) {
            return operation.get();
        }
        if (weight.isEmpty()) {
            return new Operation.ScaleShift(
                    vector(packer, "scale", factor.orElseThrow()), vector(packer, "shift", added.orElseThrow()));
        }
        Weight w = weight.get();
        Optional<PackedTensor> bias = added.map(values -> vector(packer, "bias", values));
        if (factor.isEmpty()) {
            return operation(w, packer.pack(w.name, w.values, w.shape), Optional.empty(), bias);
        }
        PackedTensor scale = vector(packer, "scale", factor.get());
        PackedTensor apart = packer.pack(w.name, w.values, w.shape);
        if (packer.chosen().contains(w.name) || isSmall(apart)) {
            return operation(w, apart, Optional.of(scale), bias);
        }
        return operation(w, packer.pack(w.name, scaled(w, factor.get()), w.shape), Optional.empty(), bias);
    }

    /** Whether the values are shared, which a factor for each row would undo. */
    private static boolean isSmall(PackedTensor tensor) {
        return switch (tensor.form().coding()) {
            case F32, F16 -> false;
            case CODEBOOK, HUFFMAN, INT8, INT4, TERNARY, BINARY -> true;
        };
    }

    private static Operation operation(
            Weight w, PackedTensor packed, Optional<PackedTensor> scale, Optional<PackedTensor> bias) {
        return w.convolution
                .<Operation>map(spec -> new Operation.Convolution(spec, packed, scale, bias))
                .orElseGet(() -> new Operation.Linear(packed, scale, bias));
    }

    private static float[] scaled(Weight w, double[] factors) {
        float[] values = new float[w.values.length];
        int columns = values.length / w.rows();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (w.values[i] * factors[i / columns]);
        }
        return values;
    }

    private PackedTensor vector(Packer packer, String part, double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) {
            floats[i] = (float) values[i];
        }
        return packer.pack(place + "." + part, floats, Shape.of(floats.length));
    }
}
