package espalier.tensor.cpu.vector.lanes;

/**
 * How the rows of a packed left operand are divided among tiles: groups of {@link #MOST} rows from the top, and a
 * smaller one, or two, at the end.
 *
 * <p>A tile of six rows by two vectors has 12 sums. They cover the latency of two FMA units with a few to spare, and
 * with the operands just fit the 16 registers of AVX2. Where there are 32 registers, or vectors of four lanes, tiles
 * have four rows by more vectors.
 *
 * <p>Groups of one or two rows have few sums and wait for the FMA units. So what would leave one or two over is divided
 * more evenly: 7 rows are 4 and 3, and 8 are 4 and 4. To share more than that, so that 20 rows were four times 5 instead of 6, 6,
 * 4 and 4, made convolutions with 16 rows 2 % faster and the training of LeNet-5, with 20 and 50 rows, 5 % slower.
 */
public final class RowGroups {
    /** The most rows of a group. */
    public static final int MOST = Lanes.COUNT == 8 ? 6 : 4;

    private RowGroups() {}

    /** The number of groups. */
    public static int count(int rows) {
        return Math.ceilDiv(rows, MOST);
    }

    /** The first row of a group; that of group {@link #count} is {@code rows}. */
    public static int start(int rows, int group) {
        int start = Math.min(rows, group * MOST);
        boolean shared = MOST == 6 && start < rows && start > 0 && rows - start <= 2;
        return shared ? start - 2 : start;
    }

    /** How many rows the group has that begins with row {@code start}. */
    public static int height(int rows, int start) {
        int left = rows - start;
        boolean shared = MOST == 6 && (left == 7 || left == 8);
        return shared ? 4 : Math.min(MOST, left);
    }
}
