package espalier.nn;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.Tensor;

/** Compares tensors with numbers from elsewhere. */
public final class Close {
    private Close() {}

    /** Each element within {@code tolerance·(1 + |expected|)}. */
    public static void near(double tolerance, Tensor actual, double... expected) {
        double[] values = actual.toDoubles();
        assertEquals(expected.length, values.length, "number of elements of " + actual.shape());
        for (int i = 0; i < expected.length; i++) {
            assertEquals(
                    expected[i],
                    values[i],
                    tolerance * (1 + Math.abs(expected[i])),
                    "element " + i + " of " + actual.shape());
        }
    }
}
