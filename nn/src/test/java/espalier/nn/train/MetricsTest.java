package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.nn.Module;
import espalier.nn.data.ByteImages;
import espalier.nn.data.DataLoader;
import espalier.nn.layer.Flatten;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Metrics on a confusion matrix small enough to count by hand. */
class MetricsTest {
    /** Labels 0 0 0 1 1 2, taken for 0 0 1 1 2 2. */
    private static ConfusionMatrix matrix() {
        ConfusionMatrix matrix = new ConfusionMatrix(List.of("a", "b", "c", "never"));
        matrix.add(outputs(0, 0, 1, 1), Tensor.of(new int[] {0, 0, 0, 1}, 4));
        matrix.add(outputs(2, 2), Tensor.of(new int[] {1, 2}, 2));
        return matrix;
    }

    private static Tensor outputs(int... predictions) {
        float[] values = new float[predictions.length * 4];
        for (int i = 0; i < predictions.length; i++) {
            values[i * 4 + predictions[i]] = 5;
        }
        return Tensor.of(values, predictions.length, 4);
    }

    @Test
    void confusion() {
        ConfusionMatrix matrix = matrix();
        assertEquals(6, matrix.total());
        assertEquals(4, matrix.correct());
        assertEquals(4 / 6.0, matrix.accuracy());
        assertEquals(2, matrix.count(0, 0));
        assertEquals(1, matrix.count(0, 1));
        assertEquals(1, matrix.count(1, 2));
        assertEquals(0, matrix.count(2, 1));
        assertEquals(1, matrix.precision(0));
        assertEquals(2 / 3.0, matrix.recall(0));
        assertEquals(0.5, matrix.precision(1));
        assertEquals(0.5, matrix.recall(1));
        assertEquals(0.8, matrix.f1(0), 1e-12);
        assertEquals(0.5, matrix.f1(1), 1e-12);
        assertEquals(2 / 3.0, matrix.f1(2), 1e-12);
        assertEquals(0, matrix.f1(3));
        assertEquals((0.8 + 0.5 + 2 / 3.0) / 4, matrix.macroF1(), 1e-12);
        assertTrue(Double.isNaN(new ConfusionMatrix(List.of("a")).accuracy()));
    }

    @Test
    void whatDoesNotFitTheClassesIsRefused() {
        ConfusionMatrix matrix = matrix();
        refused(
                "confusion matrix: needs outputs [N, 4] and labels [N]: [1, 5] and [1]",
                () -> matrix.add(Tensor.ones(1, 5), Tensor.of(new int[1])));
        refused(
                "confusion matrix: needs outputs [N, 4] and labels [N]: [2, 4] and [1]",
                () -> matrix.add(Tensor.ones(2, 4), Tensor.of(new int[1])));
        refused(
                "confusion matrix: label 4 is not from 0 to 3",
                () -> matrix.add(Tensor.ones(1, 4), Tensor.of(new int[] {4})));
        assertEquals(6, matrix.total());
    }

    private static void refused(String sentence, Executable call) {
        assertEquals(sentence, assertThrows(ShapeException.class, call).getMessage());
    }

    @Test
    void runningMean() {
        RunningMean mean = new RunningMean();
        assertTrue(Double.isNaN(mean.value()));
        mean.add(1, 3);
        mean.add(5, 1);
        assertEquals(2, mean.value());
        assertEquals(4, mean.weight());
    }

    @Test
    void topK() {
        // Pixels 10 20 30 / 30 20 10 / 20 30 10 as scores of three classes, labels 0, 1, 2.
        byte[] pixels = {10, 20, 30, 30, 20, 10, 20, 30, 10};
        ByteImages data = new ByteImages(pixels, new byte[] {0, 1, 2}, Shape.of(1, 1, 3), List.of("x", "y", "z"));
        Module identity = new Flatten();
        DataLoader loader = DataLoader.of(data, 2);
        assertEquals(0, Evaluation.topK(identity, loader, 1), 1e-12);
        assertEquals(1 / 3.0, Evaluation.topK(identity, loader, 2), 1e-12);
        assertEquals(1, Evaluation.topK(identity, loader, 3), 1e-12);
        ConfusionMatrix matrix = Evaluation.of(identity, loader);
        assertEquals(0, matrix.accuracy());
        assertEquals(1, matrix.count(0, 2));
        assertEquals(1, matrix.count(1, 0));
        assertEquals(1, matrix.count(2, 1));
    }

    @Test
    void smoothedLabels() {
        // Logits log(1, 2, 5): p = 1/8, 1/4, 5/8. Target for label 2 with smoothing 0.3: 0.1, 0.1, 0.8.
        Tensor logits = Tensor.of(new float[] {0, (float) Math.log(2), (float) Math.log(5)}, 1, 3);
        Variable x = Variable.parameter(logits);
        Objective objective = (outputs, labels) -> Losses.crossEntropy(outputs, labels, 0.3);
        Variable loss = objective.of(x, Tensor.of(new int[] {2}, 1));
        double expected = -(0.1 * Math.log(0.125) + 0.1 * Math.log(0.25) + 0.8 * Math.log(0.625));
        assertEquals(expected, loss.value().item(), 1e-6);
        loss.backward();
        float[] gradient = x.gradient().orElseThrow().toFloats();
        assertEquals(0.125 - 0.1, gradient[0], 1e-6);
        assertEquals(0.25 - 0.1, gradient[1], 1e-6);
        assertEquals(0.625 - 0.8, gradient[2], 1e-6);
    }
}
