package espalier.tensor.cpu;

import java.util.Arrays;

/**
 * Working memory that a thread keeps between calls, so that a kernel allocates nothing once it is warm.
 *
 * <p>Each thread has a few numbered slots. Two kernels that may be active in one thread at once, one calling the other,
 * must use different slots; the constants here give each use its own. The contents are whatever the last user left.
 */
public final class Scratch {
    /** Rows of op(A) in the order a matmul tile reads them. */
    public static final int GEMM_A = 0;
    /** A block of op(B) in the order a matmul tile reads it. */
    public static final int GEMM_B = 1;
    /** A panel of a convolution's input. */
    public static final int CONV_INPUT = 2;
    /** Packed weights of a convolution. */
    public static final int CONV_WEIGHT = 3;
    /** Partial sums of a convolution's gradients. */
    public static final int CONV_GRADIENT = 4;
    /** One row or channel of anything else. */
    public static final int ROW = 5;

    /** Results of a convolution on their way to the tensor. */
    public static final int CONV_OUTPUT = 6;

    /** An argument on its way through an elementwise function. */
    public static final int FUNCTION = 7;
    /** A second such value. */
    public static final int FUNCTION_RESULT = 8;
    /** Sums of the columns of a matrix. */
    public static final int COLUMNS = 9;
    /** A padded plane of a pooling window. */
    public static final int PLANE = 10;
    /** One number written out as a run. */
    public static final int OPERAND = 13;
    /** A second such run. */
    public static final int OPERAND_2 = 14;

    /** The lanes of one vector on their way into a sum. */
    public static final int LANES = 12;

    /** What the sums of a tile start from. */
    public static final int TILE = 11;

    /** A number of each channel, spread over the columns of a matrix. */
    public static final int CHANNELS = 15;
    /** A second such number. */
    public static final int CHANNELS_2 = 16;
    /** A third such number. */
    public static final int CHANNELS_3 = 17;
    /** A fourth such number. */
    public static final int CHANNELS_4 = 18;

    /** A fifth such number. */
    public static final int CHANNELS_5 = 23;

    /** The sums of a tile on their way to what they are added to. */
    public static final int SUMS = 25;

    /** Packed weights that are unpacked for one call. */
    public static final int UNPACKED = 24;

    /** A sum that nobody reads, see {@link espalier.tensor.cpu.vector.lanes.Fetch}. */
    public static final int FETCHED = 27;

    /** Sums that rows of signs share, and those of the rows. */
    public static final int SHARED_SUMS = 26;

    /** Squares that are turned along one side. */
    public static final int HALF_TURNED = 28;

    /** The gradient to what a convolution makes of some images. */
    public static final int CONV_CHUNK = 29;

    /** The gradients to its weights of all chunks of images. */
    public static final int CONV_CHUNK_WEIGHTS = 30;

    /** A tile of a matrix that is being transposed. */
    public static final int TURNED = 19;

    /** The last elements of a run that is no multiple of a vector. */
    public static final int REST = 20;
    /** Those of a second operand. */
    public static final int REST_2 = 21;
    /** What becomes of them. */
    public static final int REST_RESULT = 22;

    /** A double for each plane of a batch. */
    public static final int PLANE_SUMS = 0;

    /** A second such double. */
    public static final int PLANE_SUMS_2 = 1;

    /** Where the operands of a part of a run begin. */
    public static final int PART = 0;

    /** Places of maxima. */
    public static final int PLACES = 1;

    private static final int SLOTS = 31;

    /** See {@link #onLines}. */
    public static final int LINE = 12;

    /** Two megabytes: half a region where the heap may have 16 gigabytes, and more where it is smaller. */
    public static final int HALF_REGION = 1 << 19;

    private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

    private final float[][] floats = new float[SLOTS][0];
    private final double[][] doubles = new double[2][0];
    private final int[][] ints = new int[2][0];

    Scratch() {}

    /** Makes other memory that of the calling thread, and returns what has been so far. */
    static Scratch exchange(Scratch other) {
        Scratch before = MINE.get();
        MINE.set(other);
        return before;
    }

    /**
     * The calling thread's array in {@code slot}, of at least {@code length} elements. Valid until the thread asks for
     * the same slot again; never hand it to another thread that outlives the call.
     */
    public static float[] floats(int slot, int length) {
        float[][] slots = MINE.get().floats;
        if (slots[slot].length < length) {
            slots[slot] = new float[roundUp(length)];
        }
        return slots[slot];
    }

    /**
     * As {@link #floats(int, int)}, with {@code length} elements from {@link #LINE} on, of which the first should begin
     * a cache line. Loads that cross one take twice as long, and the virtual machine does not say where it puts an
     * array. But the G1 collector begins arrays of half a region or more at a multiple of 64 bytes, and after a header
     * of 16 bytes the next line begins at element 12.
     */
    public static float[] onLines(int slot, int length) {
        return floats(slot, Math.max(HALF_REGION, LINE + length));
    }

    /** As {@link #floats(int, int)}, with the first {@code length} elements set to zero. */
    public static float[] zeros(int slot, int length) {
        float[] array = floats(slot, length);
        Arrays.fill(array, 0, length, 0f);
        return array;
    }

    /** As {@link #floats(int, int)}; the slots of doubles are others. */
    public static double[] doubles(int slot, int length) {
        double[][] slots = MINE.get().doubles;
        if (slots[slot].length < length) {
            slots[slot] = new double[roundUp(length)];
        }
        return slots[slot];
    }

    /** As {@link #floats(int, int)}; the slots of ints are others. */
    public static int[] ints(int slot, int length) {
        int[][] slots = MINE.get().ints;
        if (slots[slot].length < length) {
            slots[slot] = new int[length];
        }
        return slots[slot];
    }

    private static int roundUp(int length) {
        return Math.max(1024, length + Math.min(length >> 2, Integer.MAX_VALUE - 16 - length));
    }
}
