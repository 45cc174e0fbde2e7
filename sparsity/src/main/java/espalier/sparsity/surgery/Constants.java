package espalier.sparsity.surgery;

import espalier.autograd.Spec;
import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operand.Stored;
import espalier.sparsity.graph.Operation;
import espalier.tensor.Tensor;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * Which channels are the same number for every input and at every pixel: found by running the network on "constant
 * planes", one number a channel, NaN for one that varies.
 */
final class Constants {
    private static final double VARIES = Double.NaN;

    private final Wiring wiring;
    private final StoredValues values;
    private final Map<Operand, double[]> known = new HashMap<>();

    private Constants(Wiring wiring, StoredValues values) {
        this.wiring = wiring;
        this.values = values;
    }

    static Constants of(Wiring wiring, StoredValues values) {
        Constants constants = new Constants(wiring, values);
        for (Operation operation : wiring.network.operations()) {
            constants.known.put(operation.result(), constants.follow(operation));
        }
        return constants;
    }

    /** The constant of each channel, NaN where it varies. */
    double[] at(Operand operand) {
        double[] found = known.get(operand);
        int length = wiring.axis(operand).map(axis -> axis.channels().length).orElse(0);
        return found != null ? found : filled(length, VARIES);
    }

    private static double[] filled(int length, double value) {
        double[] all = new double[length];
        Arrays.fill(all, value);
        return all;
    }

    private double[] follow(Operation o) {
        int length = wiring.axis(o.result()).map(axis -> axis.channels().length).orElse(0);
        Mixer mixer = wiring.mixers.get(o);
        if (mixer != null) {
            return mixed(mixer, at(mixer.data()));
        }
        List<Flow> flows = wiring.into(o);
        if (flows.isEmpty()) {
            return filled(length, VARIES);
        }
        return switch (o.name()) {
            case "batchNormInference", "scaleShift" -> norm(o, at(o.operands().getFirst()));
            case "add", "sub", "mul", "div", "min", "max" -> elementwise(o, flows, length);
            case "concat" -> concatenated(flows, length);
            default -> each(o, flows.getFirst(), length);
        };
    }

    /** Of one operand: the same function of every channel. */
    private double[] each(Operation o, Flow flow, int length) {
        double[] from = at(flow.from());
        double[] all = filled(length, 0); // a shortcut's new channels are zeros
        for (int i = 0; i < length; i++) {
            if (flow.source()[i] >= 0) {
                all[i] = from[flow.source()[i]];
            }
        }
        return switch (o.name()) {
            case "relu" -> through(all, Tensor::relu);
            case "sigmoid" -> through(all, Tensor::sigmoid);
            case "tanh" -> through(all, Tensor::tanh);
            case "gelu" -> through(all, Tensor::gelu);
            case "silu" -> through(all, Tensor::silu);
            case "softplus" -> through(all, Tensor::softplus);
            case "exp" -> through(all, Tensor::exp);
            case "abs" -> through(all, Tensor::abs);
            case "neg" -> through(all, Tensor::neg);
            case "square" -> through(all, Tensor::square);
            case "leakyRelu" -> through(all, x -> x.leakyRelu(((Spec.Scalar) o.spec()).value()));
            case "clamp" -> {
                Spec.Range range = (Spec.Range) o.spec();
                yield through(all, x -> x.clamp(range.low(), range.high()));
            }
            case "avgPool2d" -> onlyZeros(all, countsPadding(o));
            case "pad", "sum" -> onlyZeros(all, true);
            default -> all; // windows, means and new forms of one number are that number
        };
    }

    private static boolean countsPadding(Operation o) {
        PoolSpec spec = ((Spec.Pool) o.spec()).spec();
        return spec.countPadding() && (spec.padH() > 0 || spec.padW() > 0);
    }

    /** Where zeros come in from outside, or as many numbers are added as the image has, only zeros stay as they are. */
    private static double[] onlyZeros(double[] all, boolean zerosComeIn) {
        return Arrays.stream(all).map(k -> zerosComeIn && k != 0 ? VARIES : k).toArray();
    }

    private static double[] through(double[] all, UnaryOperator<Tensor> function) {
        float[] given = new float[all.length];
        for (int i = 0; i < all.length; i++) {
            given[i] = Double.isNaN(all[i]) ? 0 : (float) all[i];
        }
        float[] made = function.apply(Tensor.of(given)).toFloats();
        double[] result = new double[all.length];
        for (int i = 0; i < all.length; i++) {
            result[i] = Double.isNaN(all[i]) ? VARIES : made[i];
        }
        return result;
    }

    private static double[] concatFrom(double[] from, int[] source, double[] into) {
        for (int i = 0; i < into.length; i++) {
            into[i] = source[i] >= 0 ? from[source[i]] : into[i];
        }
        return into;
    }

    private double[] concatenated(List<Flow> flows, int length) {
        double[] all = filled(length, VARIES);
        flows.forEach(flow -> concatFrom(at(flow.from()), flow.source(), all));
        return all;
    }

    /** {@code scale·(x − mean)/√(variance + ε) + shift}; the shift alone where the scale is zero. */
    private double[] norm(Operation o, double[] x) {
        Optional<double[]> scale = vector(o.operands().get(1));
        Optional<double[]> shift = vector(o.operands().get(2));
        boolean plain = o.operands().size() == 3;
        Optional<double[]> mean =
                plain ? Optional.of(new double[x.length]) : vector(o.operands().get(3));
        Optional<double[]> variance =
                plain ? Optional.of(filled(x.length, 1)) : vector(o.operands().get(4));
        if (scale.isEmpty() || shift.isEmpty() || mean.isEmpty() || variance.isEmpty()) {
            return filled(x.length, VARIES);
        }
        double epsilon = o.spec() instanceof Spec.Scalar(double value) ? value : 0;
        double[] y = new double[x.length];
        for (int c = 0; c < y.length; c++) {
            double factor = scale.get()[c] / Math.sqrt(variance.get()[c] + epsilon);
            y[c] = factor == 0 ? shift.get()[c] : factor * (x[c] - mean.get()[c]) + shift.get()[c];
        }
        return y;
    }

    private Optional<double[]> vector(Operand operand) {
        return operand instanceof Stored stored
                ? Optional.of(values.tensor(stored.path()).toDoubles())
                : Optional.empty();
    }

    private double[] mixed(Mixer mixer, double[] x) {
        float[] w = values.floats(mixer.weight());
        double[] y = new double[mixer.outputs()];
        mixer.bias()
                .map(path -> values.tensor(path).toDoubles())
                .ifPresent(b -> System.arraycopy(b, 0, y, 0, b.length));
        int inEach = mixer.inputs() / mixer.groups();
        int outEach = mixer.outputs() / mixer.groups();
        for (int o = 0; o < y.length; o++) {
            int first = o / outEach * inEach;
            for (int c = first; c < first + inEach && !Double.isNaN(y[o]); c++) {
                boolean silent = x[c] == 0 || mixer.isZero(w, o, c);
                if (!silent) {
                    y[o] = mixer.everywhereSame() ? y[o] + x[c] * mixer.sum(w, o, c) : VARIES;
                }
            }
        }
        return y;
    }

    /** Of two operands, of which one may be a stored vector or a number. */
    private double[] elementwise(Operation o, List<Flow> flows, int length) {
        double[] a = side(o, flows, 0, length);
        double[] b = side(o, flows, 1, length);
        double[] y = new double[length];
        for (int i = 0; i < length; i++) {
            y[i] = switch (o.name()) {
                case "add" -> a[i] + b[i];
                case "sub" -> a[i] - b[i];
                case "mul" -> a[i] == 0 || b[i] == 0 ? 0 : a[i] * b[i];
                case "div" -> a[i] / b[i];
                case "min" -> Math.min(a[i], b[i]);
                default -> Math.max(a[i], b[i]);
            };
        }
        return y;
    }

    private double[] side(Operation o, List<Flow> flows, int index, int length) {
        if (index >= o.operands().size()) {
            return filled(length, o.spec() instanceof Spec.Scalar(double value) ? value : VARIES);
        }
        Operand operand = o.operands().get(index);
        if (operand instanceof Stored stored && stored.shape().size() == length) {
            return values.tensor(stored.path()).toDoubles();
        }
        boolean flowing = flows.stream().anyMatch(flow -> flow.from().equals(operand));
        return flowing ? at(operand) : filled(length, VARIES);
    }
}
