package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Softmax and cross-entropy against their definitions, their gradients against differences. Tolerance for F32: 2e-6 of
 * 1 + |value|, for F64 1e-8.
 */
final class SoftmaxCases {
    private final Device device;

    private SoftmaxCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        SoftmaxCases cases = new SoftmaxCases(device);
        Set<DType> types = EnumSet.of(DType.F32, DType.F64);
        types.retainAll(limits.types());
        return types.stream()
                .flatMap(type -> Stream.of(
                        new Case("softmax of " + type, () -> cases.softmax(type, false)),
                        new Case("log softmax of " + type, () -> cases.softmax(type, true)),
                        new Case("softmax of extremes of " + type, () -> cases.extremes(type)),
                        new Case("softmaxGradient of " + type, () -> cases.softmaxGradient(type, false)),
                        new Case("log softmaxGradient of " + type, () -> cases.softmaxGradient(type, true)),
                        new Case("crossEntropy of " + type, () -> cases.crossEntropy(type)),
                        new Case("crossEntropyGradient of " + type, () -> cases.crossEntropyGradient(type)),
                        new Case("labels that are no classes of " + type, () -> cases.wrongLabels(type))));
    }

    private static double tolerance(DType type) {
        return type == DType.F64 ? 1e-8 : 2e-6;
    }

    /** Rows of {@code length}; the largest is taken out, or e^1000 would be infinite in double too. */
    private static double[] softmax(double[] x, int length, boolean log) {
        double[] y = new double[x.length];
        for (int row = 0; row < x.length; row += length) {
            double largest = Double.NEGATIVE_INFINITY;
            for (int i = row; i < row + length; i++) {
                largest = Math.max(largest, x[i]);
            }
            double total = 0;
            for (int i = row; i < row + length; i++) {
                total += Math.exp(x[i] - largest);
            }
            for (int i = row; i < row + length; i++) {
                double shifted = x[i] - largest;
                y[i] = log ? shifted - Math.log(total) : Math.exp(shifted) / total;
            }
        }
        return y;
    }

    private void softmax(DType type, boolean log) {
        long seed = 1;
        for (Shape shape : Grid.shapesWithAxes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                Operand x = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                String what = (log ? "log softmax of " : "softmax of ") + x.name();
                Target out = Target.of(device, type, shape);
                device.backend().softmax(x.tensor(), log, out.view());
                Expect.near(what, softmax(x.values(), shape.dim(-1), log), tolerance(type), out.written(what));
            }
        }
    }

    /** No overflow for huge logits, exact zeros for −∞, NaN stays within its row. */
    private void extremes(DType type) {
        double none = Double.NEGATIVE_INFINITY;
        double[][] rows = {
            {1000, 999, 0, -1000, 998, 1000, 3, 4, 5},
            {none, 2, 1, none, 0, 2, 2, 2, 2},
            {-1e30f, -1e30f, none, none, none, none, none, none, none},
            {1, Double.NaN, 2, 3, 4, 5, 6, 7, 8},
            {0, -0.0, 0, 0, 0, 0, 0, 0, 0},
        };
        double[] values = Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
        Operand x = Operand.exactly(device, type, values, rows.length, 9);
        for (boolean log : new boolean[] {false, true}) {
            Target out = Target.of(device, type, x.shape());
            device.backend().softmax(x.tensor(), log, out.view());
            double[] expected = softmax(values, 9, log);
            Expect.near("softmax of extremes, log " + log, expected, tolerance(type), out.written("softmax"));
        }
    }

    /** Refused at once, or where a back end that queues its work waits next. */
    private void wrongLabels(DType type) {
        Tensor logits = Operand.exactly(device, type, new double[12], 3, 4).tensor();
        for (int wrong : new int[] {-1, 4, Integer.MAX_VALUE}) {
            Tensor labels = Tensor.of(device, new int[] {0, wrong, 3}, Shape.of(3));
            assertThrows(ShapeException.class, () -> losses(type, logits, labels), "label " + wrong);
        }
        Tensor labels = Tensor.of(device, new int[] {0, 3, 1}, Shape.of(3));
        double expected = Math.log(4); // all four classes are alike
        Expect.near("losses", new double[] {expected, expected, expected}, 1e-6, losses(type, logits, labels));
    }

    private Tensor losses(DType type, Tensor logits, Tensor labels) {
        Target losses = Target.of(device, type, labels.shape());
        Target probabilities = Target.of(device, type, logits.shape());
        device.backend().requireLabels("crossEntropy", logits, labels);
        device.backend().crossEntropy(logits, labels, 0, losses.view(), probabilities.view());
        return losses.written("losses");
    }

    private void softmaxGradient(DType type, boolean log) {
        long seed = 1;
        for (int length : Grid.LENGTHS) {
            Shape shape = Shape.of(2, length);
            double[] x = Samples.TAME.values(type, shape.size(), seed++);
            double[] y = length == 0 ? x : softmax(x, length, log);
            Operand output = Operand.exactly(device, type, y, shape.toArray());
            for (Arrangement arrangement : Arrangement.values()) {
                Operand g = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                String what = (log ? "log softmaxGradient of " : "softmaxGradient of ") + g.name();
                Target dx = Target.of(device, type, shape);
                device.backend().softmaxGradient(output.tensor(), g.tensor(), log, dx.view());
                double[] expected = Derivative.of(v -> softmax(v, length, log), x, g.values());
                // The gradient of the logarithm has Σg in it, a sum of up to 67 numbers of size 2.
                Expect.near(what, expected, (log ? 10 : 1) * tolerance(type), dx.written(what));
            }
        }
    }

    private Operand labels(int rows, int classes, long seed) {
        Random random = new Random(seed);
        double[] labels = new double[rows];
        Arrays.setAll(labels, i -> random.nextInt(classes));
        return Operand.exactly(device, DType.I32, labels, rows);
    }

    /** {@code −Σ q·log p}, one a row. */
    private static double[] losses(double[] logits, int classes, Operand labels, double smoothing) {
        double[] logs = softmax(logits, classes, true);
        double[] losses = new double[labels.values().length];
        for (int i = 0; i < logs.length; i++) {
            boolean hit = labels.values()[i / classes] == i % classes;
            double target = (hit ? 1 - smoothing : 0) + smoothing / classes;
            losses[i / classes] -= target == 0 ? 0 : target * logs[i];
        }
        return losses;
    }

    private void crossEntropy(DType type) {
        long seed = 1;
        for (int classes : new int[] {1, 2, 7, 8, 9, 17, 35}) {
            for (int rows : new int[] {0, 1, 5, 16}) {
                for (Arrangement arrangement : Arrangement.values()) {
                    for (double smoothing : new double[] {0, 0.1, 1}) {
                        Shape shape = Shape.of(rows, classes);
                        Operand logits = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                        Operand labels = labels(rows, classes, seed++);
                        String what = "crossEntropy of " + logits.name() + " with smoothing " + smoothing;
                        Target losses = Target.of(device, type, Shape.of(rows));
                        Target probabilities = Target.of(device, type, shape);
                        device.backend()
                                .crossEntropy(
                                        logits.tensor(),
                                        labels.tensor(),
                                        smoothing,
                                        losses.view(),
                                        probabilities.view());
                        double[] expected = losses(logits.values(), classes, labels, smoothing);
                        Expect.near(what, expected, tolerance(type), losses.written(what));
                        double[] p = softmax(logits.values(), classes, false);
                        Expect.near(what + ", probabilities", p, tolerance(type), probabilities.written(what));
                    }
                }
            }
        }
    }

    private void crossEntropyGradient(DType type) {
        long seed = 1;
        for (int classes : new int[] {1, 2, 7, 8, 9, 17, 35}) {
            for (Arrangement arrangement : Arrangement.values()) {
                for (double smoothing : new double[] {0, 0.1}) {
                    int rows = 3;
                    double[] logits = Samples.TAME.values(type, rows * classes, seed++);
                    Operand labels = labels(rows, classes, seed++);
                    Shape shape = Shape.of(rows, classes);
                    Tensor p = Operand.upload(device, type, softmax(logits, classes, false), shape);
                    Operand g = Operand.of(device, type, Shape.of(rows), arrangement, Samples.TAME, seed++);
                    String what = "crossEntropyGradient of " + g.name() + ", classes " + classes;
                    Target dx = Target.of(device, type, shape);
                    device.backend().crossEntropyGradient(p, labels.tensor(), smoothing, g.tensor(), dx.view());
                    double[] expected = Derivative.of(v -> losses(v, classes, labels, smoothing), logits, g.values());
                    Expect.near(what, expected, tolerance(type), dx.written(what));
                }
            }
        }
    }
}
