package espalier.tensor.cpu.vector.lanes;

/**
 * How the rows of a packed left operand are divided among tiles: groups of {@link #MOST} rows from the top, and at the end
 * some smaller ones, all about alike.
 *
 * <p>A tile of six rows by two vectors has 12 sums. They cover the latency of two FMA units with a few to spare, and
 * with the operands just fit the 16 registers of AVX2. Where there are 32 registers, or vectors of four lanes, tiles
 * have four rows by more vectors.
 *
 * <p>The fewer rows a group has, the more instructions come with each multiplication: a row in a group of four takes 17 % longer
 * than in one of six, in a group of five 3 %; groups of one or two wait for the FMA units. So what would be left over is
 * shared: 20 rows are 5, 5, 5 and 5, 16 are 6, 5 and 5, and 7 are 4 and 3.
 */
public final class RowGroups {
    /** The most rows of a group. */
    public static final int MOST = Lanes.COUNT == 8 ? 6 : 4;

    /** The most rows at the end that smaller groups take; what stands above is in groups of {@link #MOST}. */
    public static final int MOST_SHARED = (MOST - 1) * (MOST - 1);

    private RowGroups() {}

    /** The number of groups. */
    public static int count(int rows) {
        return Math.ceilDiv(rows, MOST);
    }

    /** The first row of a group; that of group {@link #count} is {@code rows}. */
    public static int start(int rows, int group) {
        int whole = Math.max(0, count(rows) - MOST + 1);
        int start = Math.min(group, whole) * MOST;
        for (int i = whole; i < group; i++) {
            start += height(rows, start);
        }
        return start;
    }

    /** How many rows the group has that begins with row {@code start}. */
    public static int height(int rows, int start) {
        int left = rows - start;
        if (left > MOST_SHARED) { // this is asked for each tile
            return MOST;
        }
        int groups = count(left);
        int missing = groups * MOST - left;
        return missing < groups ? MOST : MOST - missing / groups;
    }
}
