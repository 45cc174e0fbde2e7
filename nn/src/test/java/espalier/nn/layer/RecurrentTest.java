package espalier.nn.layer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.autograd.Variable;
import espalier.nn.Close;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.stream.DoubleStream;
import org.junit.jupiter.api.Test;

/**
 * Recurrent layers against their equations written out in double precision, and FastGRNN against a published number.
 */
class RecurrentTest {
    private static final int IN = 3;
    private static final int HIDDEN = 2;
    private static final int STEPS = 4;

    private final Tensor sequence = RandomSource.of(3).normal(espalier.tensor.Device.cpu(), Shape.of(2, STEPS, IN));

    private static double sigmoid(double x) {
        return 1 / (1 + Math.exp(-x));
    }

    private static double[] parameter(Module layer, String name) {
        return layer.ownParameters().get(name).raw().value().toDoubles();
    }

    /** Row {@code row} of {@code matrix [.., columns]} times a vector. */
    private static double dot(double[] matrix, int row, double[] vector) {
        double sum = 0;
        for (int i = 0; i < vector.length; i++) {
            sum += matrix[row * vector.length + i] * vector[i];
        }
        return sum;
    }

    private double[] input(int sample, int step) {
        return DoubleStream.of(sequence.select(0, sample).select(0, step).toDoubles())
                .toArray();
    }

    @Test
    void gru() {
        Gru layer = new Gru(Init.of(5), IN, HIDDEN);
        double[] w = parameter(layer, "input");
        double[] u = parameter(layer, "recurrent");
        double[] b = parameter(layer, "inputBias");
        double[] c = parameter(layer, "recurrentBias");
        double[] expected = new double[2 * HIDDEN];
        for (int sample = 0; sample < 2; sample++) {
            double[] h = new double[HIDDEN];
            for (int t = 0; t < STEPS; t++) {
                double[] x = input(sample, t);
                double[] next = new double[HIDDEN];
                for (int k = 0; k < HIDDEN; k++) {
                    double r = sigmoid(dot(w, k, x) + b[k] + dot(u, k, h) + c[k]);
                    int z = HIDDEN + k;
                    double gate = sigmoid(dot(w, z, x) + b[z] + dot(u, z, h) + c[z]);
                    int n = 2 * HIDDEN + k;
                    double candidate = Math.tanh(dot(w, n, x) + b[n] + r * (dot(u, n, h) + c[n]));
                    next[k] = (1 - gate) * candidate + gate * h[k];
                }
                h = next;
            }
            System.arraycopy(h, 0, expected, sample * HIDDEN, HIDDEN);
        }
        Close.near(2e-6, layer.apply(Variable.constant(sequence)).value(), expected);
        assertEquals(2 * STEPS * (6 * 3 + 6 * 2), layer.macs(sequence.shape(), Shape.of(2, HIDDEN)));
    }

    @Test
    void lstm() {
        Lstm layer = new Lstm(Init.of(5), IN, HIDDEN);
        double[] w = parameter(layer, "input");
        double[] u = parameter(layer, "recurrent");
        double[] b = parameter(layer, "bias");
        double[] expected = new double[2 * HIDDEN];
        for (int sample = 0; sample < 2; sample++) {
            double[] h = new double[HIDDEN];
            double[] cell = new double[HIDDEN];
            for (int t = 0; t < STEPS; t++) {
                double[] x = input(sample, t);
                double[] next = new double[HIDDEN];
                for (int k = 0; k < HIDDEN; k++) {
                    double[] gates = new double[4];
                    for (int gate = 0; gate < 4; gate++) {
                        int row = gate * HIDDEN + k;
                        gates[gate] = dot(w, row, x) + dot(u, row, h) + b[row];
                    }
                    cell[k] = sigmoid(gates[1]) * cell[k] + sigmoid(gates[0]) * Math.tanh(gates[2]);
                    next[k] = sigmoid(gates[3]) * Math.tanh(cell[k]);
                }
                h = next;
            }
            System.arraycopy(h, 0, expected, sample * HIDDEN, HIDDEN);
        }
        Close.near(2e-6, layer.apply(Variable.constant(sequence)).value(), expected);
    }

    @Test
    void fastGrnnInOneDimension() {
        FastGrnn layer = new FastGrnn(Init.of(5), 1, 1);
        layer.input().set(Tensor.of(new float[] {0.5f}, 1, 1));
        layer.recurrent().set(Tensor.of(new float[] {0.25f}, 1, 1));
        Variable x = Variable.constant(Tensor.of(new float[] {1}, 1, 1));
        Variable h = Variable.constant(Tensor.of(new float[] {0.2f}, 1, 1));
        Close.near(1e-6, layer.step(x, h).value(), 0.2983813);
    }

    @Test
    void fastGrnnOverASequence() {
        FastGrnn layer = new FastGrnn(Init.of(5), IN, HIDDEN);
        double[] w = parameter(layer, "input");
        double[] u = parameter(layer, "recurrent");
        double fresh = sigmoid(1);
        double kept = sigmoid(-4);
        double[] expected = new double[2 * HIDDEN];
        for (int sample = 0; sample < 2; sample++) {
            double[] h = new double[HIDDEN];
            for (int t = 0; t < STEPS; t++) {
                double[] x = input(sample, t);
                double[] next = new double[HIDDEN];
                for (int k = 0; k < HIDDEN; k++) {
                    double a = dot(w, k, x) + dot(u, k, h) + 1;
                    double z = sigmoid(a);
                    next[k] = (fresh * (1 - z) + kept) * Math.tanh(a) + z * h[k];
                }
                h = next;
            }
            System.arraycopy(h, 0, expected, sample * HIDDEN, HIDDEN);
        }
        Close.near(2e-6, layer.apply(Variable.constant(sequence)).value(), expected);
    }

    @Test
    void initialValuesOfFastGrnn() {
        FastGrnn layer = new FastGrnn(Init.of(5), 100, 100);
        double squares = 0;
        for (double value : parameter(layer, "input")) {
            squares += value * value;
        }
        // Variance of 10,000 normal numbers: 0.01 with a relative deviation of √(2/10,000) = 1.4 %.
        assertEquals(0.01, squares / 10_000, 0.0006);
    }

    @Test
    void anEmptySequenceLeavesTheStateAtZero() {
        Tensor nothing = Tensor.zeros(2, 0, IN);
        for (Module layer : new Module[] {
            new Gru(Init.of(1), IN, HIDDEN), new Lstm(Init.of(1), IN, HIDDEN), new FastGrnn(Init.of(1), IN, HIDDEN)
        }) {
            Close.near(0, layer.apply(Variable.constant(nothing)).value(), 0, 0, 0, 0);
        }
    }
}
