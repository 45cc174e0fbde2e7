package espalier.tensor.conformance;

import espalier.tensor.DType;
import java.util.Random;

/** Numbers to test with: every third one is a hard case, the others are random. */
enum Samples {
    /**
     * Zeros of both signs, infinities, NaN, subnormal and huge numbers, ties of rounding, borders of exp; in bytes the
     * ends of their range, where arithmetic wraps.
     */
    HARD,
    /** Normal numbers only, for sums and products whose rounding error is bounded by their size. */
    TAME,
    /** As {@link #TAME}, without their signs. */
    POSITIVE_TAME,
    /** Up to 30 in size, with zeros and NaN. */
    MODERATE,
    /** From −1 to 1, with both ends and 0. */
    UNIT,
    /** As {@link #HARD}, without their signs. */
    POSITIVE,
    /** As {@link #HARD}, but no integer is 0, since there is no answer to dividing an integer by 0. */
    NOT_ZERO,
    /** A few small whole numbers, so that equal ones are frequent; some zeros of either sign. */
    TIES,
    /** As {@link #TIES}, with some NaN. */
    TIES_AND_NAN,
    /** Mostly −∞, or the least value of an integer type, so that padding which is filled with it could win. */
    NEGATIVE_INFINITY;

    private static final double[] SPECIAL = {
        0.0,
        -0.0,
        1,
        -1,
        Double.NaN,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        Float.MIN_NORMAL,
        -Float.MAX_VALUE,
        Float.MAX_VALUE,
        0.5,
        -0.5,
        1.5,
        2.5,
        -2.5,
        1e-10f,
        -1e-3f,
        9.1f,
        -9.1f,
        20,
        -20,
        88.7f,
        -87.4f,
        89.5f,
        -103.5f,
        -110,
        1e10f,
        -1e10f,
        8388609,
        -8388607.5,
        0x1.fffffep-1,
        -5.5f,
    };

    private static final double[] SPECIAL_WHOLE = {0, 1, -1, 2, 3, -7, 10, -10};
    private static final double[] SPECIAL_SIGNED_BYTES = {0, 1, -1, 127, -128, 100, -7, 3};
    private static final double[] SPECIAL_BYTES = {0, 1, 255, 128, 127, 200, 10, 3};

    /** {@code n} values that the type can hold exactly. */
    double[] values(DType type, int n, long seed) {
        Random random = new Random(seed);
        double[] values = new double[n];
        int turn = random.nextInt(SPECIAL.length);
        for (int i = 0; i < n; i++) {
            values[i] = held(
                    type,
                    switch (this) {
                        case HARD -> i % 3 == 0 ? special(type, turn + i / 3) : free(random, type);
                        case TAME -> free(random, type);
                        case POSITIVE_TAME -> Math.abs(free(random, type));
                        case MODERATE -> moderate(random);
                        case UNIT -> Math.clamp(random.nextGaussian(), -1, 1);
                        case POSITIVE -> Math.abs(i % 3 == 0 ? special(type, turn + i / 3) : free(random, type));
                        case NOT_ZERO -> notZero(type, i % 3 == 0 ? special(type, turn + i / 3) : free(random, type));
                        case TIES -> tie(random);
                        case NEGATIVE_INFINITY -> random.nextInt(4) == 0 ? tie(random) : lowest(type);
                        case TIES_AND_NAN -> random.nextInt(6) == 0 ? Double.NaN : tie(random);
                    });
        }
        return values;
    }

    private static double special(DType type, int i) {
        double[] specials = switch (type) {
            case F64, F32, F16 -> SPECIAL;
            case I64, I32 -> SPECIAL_WHOLE;
            case I8 -> SPECIAL_SIGNED_BYTES;
            case U8, BOOL -> SPECIAL_BYTES;
        };
        return specials[i % specials.length];
    }

    private static double free(Random random, DType type) {
        return type.isFloating() ? 2 * random.nextGaussian() : random.nextInt(21) - 10;
    }

    private static double moderate(Random random) {
        return switch (random.nextInt(12)) {
            case 0 -> 0.0;
            case 1 -> -0.0;
            case 2 -> Double.NaN;
            case 3, 4 -> 60 * random.nextDouble() - 30;
            default -> 2 * random.nextGaussian();
        };
    }

    private static double lowest(DType type) {
        return switch (type) {
            case F64, F32, F16 -> Double.NEGATIVE_INFINITY;
            case I64, I32 -> Integer.MIN_VALUE;
            case I8 -> Byte.MIN_VALUE;
            case U8, BOOL -> 0;
        };
    }

    private static double notZero(DType type, double value) {
        return value == 0 && !type.isFloating() ? 3 : value;
    }

    private static double tie(Random random) {
        int value = random.nextInt(5) - 2;
        return value == 0 && random.nextBoolean() ? -0.0 : value;
    }

    /** The nearest value of the type; integers of unsigned types and truth values become positive ones. */
    static double held(DType type, double value) {
        return switch (type) {
            case F64 -> value;
            case F32 -> (float) value;
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case I64, I32, I8 -> Double.isNaN(value) ? 0 : Math.rint(value) + 0.0;
            case U8 -> Double.isNaN(value) ? 0 : Math.abs(Math.rint(value));
            case BOOL -> value > 0 ? 1 : 0;
        };
    }
}
