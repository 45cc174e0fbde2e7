package espalier.nn.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.data.Batch;
import espalier.nn.layer.Linear;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** A teacher whose scores are its bias: (0, ln 3), so that it says 1/4 and 3/4 at temperature 1. */
class DistillationTest {
    private final Module teacher = teacher();
    private final Batch batch = new Batch(Tensor.zeros(1, 3), Tensor.of(new int[] {0}, 1));

    private static Module teacher() {
        Linear linear = new Linear(Init.of(1), 3, 2);
        for (Parameter parameter : linear.parameters().values()) {
            parameter.set(
                    parameter.shape().rank() == 1
                            ? Tensor.of(new float[] {0, (float) Math.log(3)})
                            : Tensor.zeros(2, 3));
        }
        return linear;
    }

    private double loss(double part, double temperature, float... scores) {
        Variable outputs = Variable.constant(Tensor.of(scores, 1, 2));
        return new Distillation(teacher, part, temperature)
                .of(outputs, batch)
                .value()
                .item();
    }

    /** The student says 1/2 and 1/2: cross-entropy ln 2, divergence ¼·ln(½) + ¾·ln(3/2). */
    @Test
    void aMixtureOfLabelAndTeacher() {
        double label = Math.log(2);
        double taught = 0.25 * Math.log(0.5) + 0.75 * Math.log(1.5);
        assertEquals(label, loss(0, 1, 0, 0), 1e-6);
        assertEquals(taught, loss(1, 1, 0, 0), 1e-6);
        assertEquals(0.3 * label + 0.7 * taught, loss(0.7, 1, 0, 0), 1e-6);
    }

    /** At T = 2 the teacher says 1 and √3 parts of 1 + √3; the divergence counts four times. */
    @Test
    void aHigherTemperatureShowsMoreOfTheTeacher() {
        double p = 1 / (1 + Math.sqrt(3));
        double divergence = p * Math.log(2 * p) + (1 - p) * Math.log(2 * (1 - p));
        assertEquals(4 * divergence, loss(1, 2, 0, 0), 1e-6);
        assertEquals(0, loss(1, 2, 5, 5 + (float) Math.log(3)), 1e-6); // the same scores but for a constant
    }

    @Test
    void theTeacherIsNotTrained() {
        Variable outputs = Variable.parameter(Tensor.zeros(1, 2));
        new Distillation(teacher, 0.5, 3).of(outputs, batch).backward();
        assertTrue(outputs.gradient().isPresent());
        assertTrue(teacher.parameters().values().stream()
                .allMatch(p -> p.raw().gradient().isEmpty()));
    }

    @Test
    void nonsenseIsRefused() {
        assertThrows(IllegalArgumentException.class, () -> new Distillation(teacher, 1.5, 1));
        assertThrows(IllegalArgumentException.class, () -> new Distillation(teacher, 0.5, 0));
    }
}
