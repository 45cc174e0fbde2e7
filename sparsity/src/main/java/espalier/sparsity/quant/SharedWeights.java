package espalier.sparsity.quant;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Variable;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.Role;
import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.List;

/**
 * A weight whose non-zeros share a few values, each known by its number (Deep Compression, Han et al. 2016, section 3).
 * The numbers stay; the values are trained, each with the sum of its members' gradients (equation 3).
 *
 * <pre>{@code
 * SharedWeights shared = SharedWeights.on(layer.weight(), 31);        // 5 bits: 31 values, and 0 for what was pruned
 * }</pre>
 *
 * <p>Symbol 0 is the value 0, of pruned weights and of the dummies of a relative index; symbol i is value i − 1.
 */
public final class SharedWeights implements Parametrization {
    private final Shape shape;
    private final int[] symbols;
    private final Parameter values;

    /** With a symbol for each weight in the order of memory and the values, {@code [k]}, of the symbols 1 to k. */
    public SharedWeights(Shape shape, int[] symbols, Parameter values) {
        this.shape = shape;
        this.symbols = symbols.clone();
        this.values = values;
        if (this.symbols.length != shape.size()) {
            throw new IllegalArgumentException("shared: " + this.symbols.length + " symbols for a weight of " + shape);
        }
        for (int symbol : this.symbols) {
            if (symbol < 0 || symbol > values.shape().size()) {
                throw new IllegalArgumentException("shared: symbol " + symbol + " is none of "
                        + values.shape().size() + " values and 0");
            }
        }
    }

    /** Groups the non-zeros of a weight around k values, in place of any parametrization it has. */
    public static SharedWeights on(Parameter weight, int k) {
        if (k < 1) {
            throw new IllegalArgumentException("shared: there must be a value, not " + k);
        }
        float[] w = weight.get().value().toFloats();
        float[] nonZeros = new float[w.length];
        int count = 0;
        for (float value : w) {
            if (!Float.isFinite(value)) {
                throw new IllegalArgumentException("shared: a weight of " + weight.name() + " is " + value);
            }
            if (value != 0) {
                nonZeros[count++] = value;
            }
        }
        float[] centres = KMeans.centres(Arrays.copyOf(nonZeros, count), k);
        int[] symbols = new int[w.length];
        for (int i = 0; i < w.length; i++) {
            symbols[i] = w[i] == 0 ? 0 : 1 + KMeans.nearest(centres, w[i]);
        }
        Tensor first = Tensor.of(weight.raw().value().device(), centres, Shape.of(k));
        SharedWeights shared =
                new SharedWeights(weight.shape(), symbols, new Parameter("values", Role.QUANTIZER, first));
        weight.parametrize(shared);
        return shared;
    }

    @Override
    public Variable apply(Variable raw) {
        Variable table = values.get();
        float[] of = table.value().toFloats();
        float[] w = new float[symbols.length];
        for (int i = 0; i < w.length; i++) {
            w[i] = symbols[i] == 0 ? 0 : of[symbols[i] - 1];
        }
        return Variable.of("share", Tensor.of(table.value().device(), w, shape), edge(table, this::sumOverMembers));
    }

    private Tensor sumOverMembers(Tensor g) {
        float[] gradients = g.toFloats();
        double[] sums = new double[values.shape().size()];
        for (int i = 0; i < gradients.length; i++) {
            if (symbols[i] > 0) {
                sums[symbols[i] - 1] += gradients[i];
            }
        }
        return Tensor.of(g.device(), sums, values.shape()).to(DType.F32);
    }

    @Override
    public List<Parameter> parameters() {
        return List.of(values);
    }

    /** The symbol of each weight. */
    public int[] symbols() {
        return symbols.clone();
    }

    /** The values of the symbols 1 to k. */
    public float[] values() {
        return values.raw().value().toFloats();
    }
}
