package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Tensor;
import org.opentest4j.AssertionFailedError;

/** Compares what a back end wrote with what an oracle says, element by element. */
final class Expect {
    private Expect() {}

    /** Equal; zeros of different sign are equal, and so are NaNs. */
    static void same(String what, double[] expected, Tensor actual) {
        within(what, expected, new double[expected.length], 0, false, actual);
    }

    /** Equal to the sign of zero. */
    static void identical(String what, double[] expected, Tensor actual) {
        within(what, expected, new double[expected.length], 0, true, actual);
    }

    /** Within some units in the last place of each expected value, rounded to the type of the result. */
    static void ulps(String what, double[] expected, double ulps, Tensor actual) {
        within(what, expected, new double[expected.length], ulps, false, actual);
    }

    /** Each within {@code bounds[i]} and the rounding of the result. */
    static void bounded(String what, double[] expected, double[] bounds, Tensor actual) {
        within(what, expected, bounds, 1, false, actual);
    }

    /** Within {@code tolerance·(1 + |expected|)}. */
    static void near(String what, double[] expected, double tolerance, Tensor actual) {
        double[] bounds = new double[expected.length];
        for (int i = 0; i < bounds.length; i++) {
            bounds[i] = tolerance * (1 + Math.abs(expected[i]));
        }
        within(what, expected, bounds, 0, false, actual);
    }

    /** The core of all: {@code |actual − expected| ≤ bound + ulps·ulp(expected)}. */
    static void within(
            String what, double[] expected, double[] bounds, double ulps, boolean signOfZero, Tensor actual) {
        double[] values = actual.toDoubles();
        if (values.length != expected.length) {
            throw new AssertionFailedError(what + ": " + values.length + " elements instead of " + expected.length);
        }
        for (int i = 0; i < expected.length; i++) {
            double rounded = rounded(actual.dtype(), expected[i]);
            boolean equal = values[i] == rounded && (!signOfZero || sign(values[i]) == sign(rounded));
            boolean bothNaN = Double.isNaN(values[i]) && Double.isNaN(rounded);
            double allowed = bounds[i] + (ulps == 0 ? 0 : ulps * ulp(actual.dtype(), rounded));
            boolean close = !Double.isInfinite(rounded) && Math.abs(values[i] - rounded) <= allowed;
            if (!equal && !bothNaN && !(close && !signOfZero)) {
                throw new AssertionFailedError(
                        what + ": element " + i + " of " + actual.shape() + " is " + values[i] + ", expected " + rounded
                                + " within " + allowed,
                        rounded,
                        values[i]);
            }
        }
    }

    private static double sign(double value) {
        return Math.copySign(1, value);
    }

    /** The value as the type holds it: nearest for fractions, cut towards zero for integers. */
    static double rounded(DType type, double value) {
        return switch (type) {
            case F64 -> value;
            case F32 -> (float) value;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case I64 -> (double) (long) value;
            case I32 -> (int) value;
            case I8 -> (byte) (long) value;
            case U8 -> (long) value & 0xFF;
            case BOOL -> value != 0 ? 1 : 0;
        };
    }

    private static double ulp(DType type, double value) {
        return switch (type) {
            case F64 -> Math.ulp(value);
            case F32 -> Math.ulp((float) value);
            case F16 -> Math.ulp((float) value) * 0x1p13;
            case I64, I32, I8, U8, BOOL -> 0;
        };
    }

    /** Half a unit in the last place of 1: the relative error of one rounding. */
    static double unitRoundoff(DType type) {
        return switch (type) {
            case F64 -> 0x1p-53;
            case F32 -> 0x1p-24;
            case F16 -> 0x1p-11;
            case I64, I32, I8, U8, BOOL -> 0;
        };
    }
}
