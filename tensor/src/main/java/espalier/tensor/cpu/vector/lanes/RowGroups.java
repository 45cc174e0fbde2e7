package espalier.tensor.cpu.vector.lanes;

/**
 * How the rows of a packed left operand are divided among tiles: groups of {@link #MOST} rows from the top, and a
 * smaller one, or two, at the end.
 *
 * <p>A tile of six rows by two vectors has 12 sums. They cover the latency of two FMA units with a few to spare, and
 * with the operands just fit the 16 registers of AVX2. The 32 registers of AVX-512 hold tiles of eight rows by two
 * vectors, which load less for each sum than four rows by four vectors do: 214 to 224 GFLOP/s of 233 instead of 150 to
 * 190 on a Zen 5. Vectors of four lanes have tiles of four rows.
 *
 * <p>Groups of a few rows have few sums and wait for the FMA units. So what would leave less than half a group over is
 * divided evenly: with six, 7 rows are 4 and 3, and 8 are 4 and 4. To share more than that, so that 20 rows were four
 * times 5 instead of 6, 6, 4 and 4, made convolutions with 16 rows 2 % faster and the training of LeNet-5, with 20 and
 * 50 rows, 5 % slower.
 */
public final class RowGroups {
    /** The most rows of a group. */
    public static final int MOST = switch (Lanes.COUNT) {
        case 16 -> 8;
        case 8 -> 6;
        default -> 4;
    };

    private RowGroups() {}

    /** The number of groups. */
    public static int count(int rows) {
        return Math.ceilDiv(rows, MOST);
    }

    /** The first row of a group; that of group {@link #count} is {@code rows}. */
    public static int start(int rows, int group) {
        int start = Math.min(rows, group * MOST);
        int left = rows - (start - MOST); // of the group before and this one
        return start > 0 && start < rows && isShared(left) ? rows - left / 2 : start;
    }

    /** How many rows the group has that begins with row {@code start}. */
    public static int height(int rows, int start) {
        int left = rows - start;
        return isShared(left) ? Math.ceilDiv(left, 2) : Math.min(MOST, left);
    }

    /** Whether the last two groups divide so many rows evenly. */
    private static boolean isShared(int left) {
        return left > MOST && left < MOST + MOST / 2;
    }
}
