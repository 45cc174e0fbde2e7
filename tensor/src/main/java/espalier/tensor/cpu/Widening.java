package espalier.tensor.cpu;

import java.util.Arrays;

/**
 * Reads a run of any type as longs or doubles and writes it back: one loop a type, so that what computes on wide
 * numbers does so without a choice of type for every element.
 *
 * <p>Nothing is lost on the way from an integer to a long or from a floating number to a double. On the way back a long
 * is cut to the low bits, and a double as {@link HeapStorage#set} does it.
 */
final class Widening {
    /** Elements that a caller should take at a time: their longs stay in the first cache. */
    static final int BLOCK = 512;

    private Widening() {}

    /** {@code to[i] = from[at + i·step]}; an integer type. */
    static void widen(HeapStorage from, int at, int step, long[] to, int n) {
        if (step == 0 && n > 0) {
            Arrays.fill(to, 0, n, from.getInteger(at));
            return;
        }
        switch (from.dtype()) {
            case I64 -> {
                long[] x = from.longs();
                for (int i = 0; i < n; i++) {
                    to[i] = x[at + i * step];
                }
            }
            case I32 -> widen(from.ints(), at, step, to, n);
            case I8, BOOL -> widen(from.bytes(), at, step, to, n);
            case U8 -> {
                byte[] x = from.bytes();
                for (int i = 0; i < n; i++) {
                    to[i] = x[at + i * step] & 0xFF;
                }
            }
            case F64, F32, F16 -> throw new IllegalArgumentException(from.dtype() + " is no integer type");
        }
    }

    private static void widen(int[] x, int at, int step, long[] to, int n) {
        if (step == 1) {
            for (int i = 0; i < n; i++) {
                to[i] = x[at + i];
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            to[i] = x[at + i * step];
        }
    }

    private static void widen(byte[] x, int at, int step, long[] to, int n) {
        if (step == 1) {
            for (int i = 0; i < n; i++) {
                to[i] = x[at + i];
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            to[i] = x[at + i * step];
        }
    }

    /** {@code to[at + i·step] = from[i]}; any type. */
    static void narrow(long[] from, HeapStorage to, int at, int step, int n) {
        switch (to.dtype()) {
            case F64 -> {
                double[] y = to.doubles();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = from[i];
                }
            }
            case F32 -> {
                float[] y = to.floats();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = from[i];
                }
            }
            case F16 -> {
                short[] y = to.halves();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = Float.floatToFloat16(from[i]);
                }
            }
            case I64 -> {
                long[] y = to.longs();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = from[i];
                }
            }
            case I32 -> narrow(from, to.ints(), at, step, n);
            case I8, U8 -> narrow(from, to.bytes(), at, step, n);
            case BOOL -> truth(from, to.bytes(), at, step, n);
        }
    }

    private static void narrow(long[] from, int[] y, int at, int step, int n) {
        if (step == 1) {
            for (int i = 0; i < n; i++) {
                y[at + i] = (int) from[i];
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            y[at + i * step] = (int) from[i];
        }
    }

    private static void narrow(long[] from, byte[] y, int at, int step, int n) {
        if (step == 1) {
            for (int i = 0; i < n; i++) {
                y[at + i] = (byte) from[i];
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            y[at + i * step] = (byte) from[i];
        }
    }

    /** 1 where not 0, without a branch: of x and −x one has the sign bit unless x is 0. */
    private static void truth(long[] from, byte[] y, int at, int step, int n) {
        if (step == 1) {
            for (int i = 0; i < n; i++) {
                y[at + i] = (byte) ((from[i] | -from[i]) >>> 63);
            }
            return;
        }
        for (int i = 0; i < n; i++) {
            y[at + i * step] = (byte) ((from[i] | -from[i]) >>> 63);
        }
    }

    /** {@code to[i] = from[at + i·step]}; a type with fractions. */
    static void widen(HeapStorage from, int at, int step, double[] to, int n) {
        switch (from.dtype()) {
            case F64 -> {
                double[] x = from.doubles();
                for (int i = 0; i < n; i++) {
                    to[i] = x[at + i * step];
                }
            }
            case F32 -> {
                float[] x = from.floats();
                for (int i = 0; i < n; i++) {
                    to[i] = x[at + i * step];
                }
            }
            case F16 -> {
                short[] x = from.halves();
                for (int i = 0; i < n; i++) {
                    to[i] = Float.float16ToFloat(x[at + i * step]);
                }
            }
            case I64, I32, I8, U8, BOOL ->
                throw new IllegalArgumentException(from.dtype() + " is no type with fractions");
        }
    }

    /** {@code to[at + i·step] = from[i]}; any type. */
    static void narrow(double[] from, HeapStorage to, int at, int step, int n) {
        switch (to.dtype()) {
            case F64 -> {
                double[] y = to.doubles();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = from[i];
                }
            }
            case F32 -> {
                float[] y = to.floats();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = (float) from[i];
                }
            }
            case F16 -> {
                short[] y = to.halves();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = Float.floatToFloat16((float) from[i]);
                }
            }
            case I32 -> {
                int[] y = to.ints();
                for (int i = 0; i < n; i++) {
                    y[at + i * step] = (int) from[i];
                }
            }
            case I64, I8, U8, BOOL -> {
                for (int i = 0; i < n; i++) {
                    to.set(at + i * step, from[i]);
                }
            }
        }
    }
}
