package espalier.tensor.cpu;

/** Copies one strided run to another of the same type. */
final class CopyLoops {
    private CopyLoops() {}

    static void run(HeapStorage from, int fromAt, int fromStep, HeapStorage to, int toAt, int toStep, int n) {
        if (fromStep == 1 && toStep == 1) {
            System.arraycopy(array(from), fromAt, array(to), toAt, n);
            return;
        }
        switch (from.dtype()) {
            case F32 -> floats(from.floats(), fromAt, fromStep, to.floats(), toAt, toStep, n);
            case F64 -> doubles(from.doubles(), fromAt, fromStep, to.doubles(), toAt, toStep, n);
            case I64 -> longs(from.longs(), fromAt, fromStep, to.longs(), toAt, toStep, n);
            case I32 -> ints(from.ints(), fromAt, fromStep, to.ints(), toAt, toStep, n);
            case F16 -> halves(from.halves(), fromAt, fromStep, to.halves(), toAt, toStep, n);
            case I8, U8, BOOL -> bytes(from.bytes(), fromAt, fromStep, to.bytes(), toAt, toStep, n);
        }
    }

    private static Object array(HeapStorage storage) {
        return switch (storage.dtype()) {
            case F64 -> storage.doubles();
            case F32 -> storage.floats();
            case F16 -> storage.halves();
            case I64 -> storage.longs();
            case I32 -> storage.ints();
            case I8, U8, BOOL -> storage.bytes();
        };
    }

    private static void floats(float[] from, int fromAt, int fromStep, float[] to, int toAt, int toStep, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i * toStep] = from[fromAt + i * fromStep];
        }
    }

    private static void doubles(double[] from, int fromAt, int fromStep, double[] to, int toAt, int toStep, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i * toStep] = from[fromAt + i * fromStep];
        }
    }

    private static void longs(long[] from, int fromAt, int fromStep, long[] to, int toAt, int toStep, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i * toStep] = from[fromAt + i * fromStep];
        }
    }

    private static void ints(int[] from, int fromAt, int fromStep, int[] to, int toAt, int toStep, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i * toStep] = from[fromAt + i * fromStep];
        }
    }

    private static void halves(short[] from, int fromAt, int fromStep, short[] to, int toAt, int toStep, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i * toStep] = from[fromAt + i * fromStep];
        }
    }

    private static void bytes(byte[] from, int fromAt, int fromStep, byte[] to, int toAt, int toStep, int n) {
        for (int i = 0; i < n; i++) {
            to[toAt + i * toStep] = from[fromAt + i * fromStep];
        }
    }
}
