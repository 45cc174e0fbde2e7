package espalier.sparsity.export;

import espalier.tensor.io.TensorFormatException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes and reads which elements of a matrix are held, as positions {@code row · columns + column} in the order in
 * which their values are written: ascending, but by blocks for {@link Index#BLOCKS}.
 *
 * @param rows rows of the matrix
 * @param columns columns of the matrix
 */
record IndexCode(int rows, int columns) {
    private static final int WIDEST_RUN = 24;

    int elements() {
        return rows * columns;
    }

    /**
     * The positions that an index holds of a matrix: those that are not zero, and for some indices zeros beside them.
     */
    Held held(Index index, float[] dense) {
        return switch (index) {
            case EVERY -> Held.every(dense.length);
            case MASK, ROWS, RUNS, GAPS -> Held.of(nonZeros(dense));
            case GRID -> Held.of(crossings(kept(dense, true), kept(dense, false)));
            case BLOCKS -> Held.of(blocks(dense));
        };
    }

    private static int[] nonZeros(float[] dense) {
        int[] found = new int[dense.length];
        int count = 0;
        for (int i = 0; i < dense.length; i++) {
            if (dense[i] != 0) {
                found[count++] = i;
            }
        }
        return Arrays.copyOf(found, count);
    }

    /** The rows, or columns, with an element that is not zero. */
    private BitSet kept(float[] dense, boolean byRow) {
        BitSet found = new BitSet();
        for (int i = 0; i < dense.length; i++) {
            if (dense[i] != 0) {
                found.set(byRow ? i / columns : i % columns);
            }
        }
        return found;
    }

    private int[] crossings(BitSet keptRows, BitSet keptColumns) {
        return keptRows.stream()
                .flatMap(row -> keptColumns.stream().map(column -> row * columns + column))
                .toArray();
    }

    private int[] blocks(float[] dense) {
        return IntStream.range(0, Math.ceilDiv(rows, Index.BLOCK))
                .flatMap(blockRow -> IntStream.range(0, columns)
                        .filter(column -> blockOf(blockRow, column).anyMatch(i -> dense[i] != 0))
                        .flatMap(column -> blockOf(blockRow, column)))
                .toArray();
    }

    /** The positions of a block; the last block row may have fewer rows. */
    private IntStream blockOf(int blockRow, int column) {
        int top = blockRow * Index.BLOCK;
        return IntStream.range(top, Math.min(rows, top + Index.BLOCK)).map(row -> row * columns + column);
    }

    // ---- writing

    void write(Index index, Held held, BitWriter to) {
        if (index != Index.EVERY) {
            write(index, held.list(), to);
        }
    }

    private void write(Index index, int[] positions, BitWriter to) {
        switch (index) {
            case EVERY -> {}
            case MASK -> writeSet(BitSet.valueOf(bitsOf(positions)), elements(), to);
            case GRID -> {
                writeSet(setOf(Arrays.stream(positions).map(i -> i / columns)), rows, to);
                writeSet(setOf(Arrays.stream(positions).map(i -> i % columns)), columns, to);
            }
            case ROWS -> writeLists(lists(positions, 1), to);
            case BLOCKS -> writeLists(lists(positions, Index.BLOCK), to);
            case RUNS -> writeRuns(gaps(positions), to);
            case GAPS -> writeGaps(gaps(positions), to);
        }
    }

    private static long[] bitsOf(int[] positions) {
        return setOf(Arrays.stream(positions)).toLongArray();
    }

    private static BitSet setOf(IntStream members) {
        BitSet set = new BitSet();
        members.forEach(set::set);
        return set;
    }

    private static void writeSet(BitSet set, int size, BitWriter to) {
        for (int i = 0; i < size; i++) {
            to.bits(set.get(i) ? 1 : 0, 1);
        }
    }

    /** For each row of blocks, its columns: those of the first row of each block. */
    private List<int[]> lists(int[] positions, int height) {
        List<IntStream.Builder> lists = new ArrayList<>();
        for (int top = 0; top < rows; top += height) {
            lists.add(IntStream.builder());
        }
        for (int position : positions) {
            int row = position / columns;
            if (row % height == 0) {
                lists.get(row / height).add(position % columns);
            }
        }
        return lists.stream().map(list -> list.build().toArray()).toList();
    }

    private void writeLists(List<int[]> lists, BitWriter to) {
        int longest = lists.stream().mapToInt(list -> list.length).max().orElse(0);
        int countBits = width(longest + 1);
        to.number(countBits);
        for (int[] list : lists) {
            to.bits(list.length, countBits);
        }
        int columnBits = width(columns);
        for (int[] list : lists) {
            for (int column : list) {
                to.bits(column, columnBits);
            }
        }
    }

    private static int[] gaps(int[] positions) {
        int[] gaps = new int[positions.length];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = positions[i] - (i == 0 ? -1 : positions[i - 1]) - 1;
        }
        return gaps;
    }

    private static void writeRuns(int[] gaps, BitWriter to) {
        int best = 1;
        for (int bits = 2; bits <= WIDEST_RUN; bits++) {
            best = runBits(gaps, bits) < runBits(gaps, best) ? bits : best;
        }
        to.number(gaps.length);
        to.number(best);
        int bridge = (1 << best) - 1;
        for (int gap : gaps) {
            int left = gap;
            for (; left >= bridge; left -= bridge) {
                to.bits(bridge, best);
            }
            to.bits(left, best);
        }
    }

    /** What all runs take in codes of this many bits. */
    private static long runBits(int[] gaps, int bits) {
        long codes = 0;
        for (int gap : gaps) {
            codes += gap / ((1 << bits) - 1) + 1;
        }
        return codes * bits;
    }

    /** Rice: the gap divided by 2<sup>k</sup> as so many ones and a zero, then the remainder in k bits. */
    private static void writeGaps(int[] gaps, BitWriter to) {
        int best = 0;
        for (int k = 1; k <= WIDEST_RUN; k++) {
            best = gapBits(gaps, k) < gapBits(gaps, best) ? k : best;
        }
        to.number(gaps.length);
        to.number(best);
        for (int gap : gaps) {
            for (int i = gap >> best; i > 0; i--) {
                to.bits(1, 1);
            }
            to.bits(0, 1);
            to.bits(gap, best);
        }
    }

    private static long gapBits(int[] gaps, int k) {
        long bits = 0;
        for (int gap : gaps) {
            bits += (gap >> k) + 1 + k;
        }
        return bits;
    }

    /** The bits that numbers from 0 to {@code count - 1} take. */
    static int width(int count) {
        return count <= 1 ? 0 : 32 - Integer.numberOfLeadingZeros(count - 1);
    }

    // ---- reading

    Held read(Index index, BitReader from) throws TensorFormatException {
        return index == Index.EVERY ? Held.every(elements()) : Held.of(positions(index, from));
    }

    private int[] positions(Index index, BitReader from) throws TensorFormatException {
        return switch (index) {
            case EVERY -> IntStream.range(0, elements()).toArray();
            case MASK -> readSet(elements(), from).stream().toArray();
            case GRID -> {
                BitSet keptRows = readSet(rows, from);
                yield crossings(keptRows, readSet(columns, from));
            }
            case ROWS -> readLists(1, from);
            case BLOCKS -> readLists(Index.BLOCK, from);
            case RUNS -> readRuns(from);
            case GAPS -> readGaps(from);
        };
    }

    private static BitSet readSet(int size, BitReader from) throws TensorFormatException {
        if (size > from.bitsLeft()) {
            throw from.refusal("a mask of " + size + " bits reaches beyond the end");
        }
        BitSet set = new BitSet();
        for (int i = 0; i < size; i++) {
            set.set(i, from.bits(1) == 1);
        }
        return set;
    }

    private int[] readLists(int height, BitReader from) throws TensorFormatException {
        int countBits = from.number("the width of the counts", 0, 31);
        int[] counts = new int[Math.ceilDiv(rows, height)];
        int columnBits = width(columns);
        long total = 0;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = (int) from.bits(countBits);
            if (counts[i] > columns) {
                throw from.refusal("row " + i * height + " holds " + counts[i] + " of " + columns + " columns");
            }
            total += counts[i];
        }
        if (total * columnBits > from.bitsLeft()) {
            throw from.refusal(total + " columns of " + columnBits + " bits reach beyond the end");
        }
        IntStream.Builder positions = IntStream.builder();
        for (int i = 0; i < counts.length; i++) {
            int before = -1;
            for (int n = 0; n < counts[i]; n++) {
                int column = (int) from.bits(columnBits);
                if (column <= before || column >= columns) {
                    throw from.refusal("column " + column + " of row " + i * height + " comes after " + before
                            + " and must be below " + columns);
                }
                before = column;
                int top = i * height;
                for (int row = top; row < Math.min(rows, top + height); row++) {
                    positions.add(row * columns + column);
                }
            }
        }
        return positions.build().toArray();
    }

    private int[] readRuns(BitReader from) throws TensorFormatException {
        int[] positions = new int[from.number("the number of elements", 0, Math.min(elements(), from.bitsLeft()))];
        int bits = from.number("the width of the runs", 1, WIDEST_RUN);
        int bridge = (1 << bits) - 1;
        int at = -1;
        for (int i = 0; i < positions.length; i++) {
            int run = (int) from.bits(bits);
            while (run == bridge) {
                at = advanced(at, bridge, from);
                run = (int) from.bits(bits);
            }
            at = advanced(at, run + 1, from);
            positions[i] = at;
        }
        return positions;
    }

    private int[] readGaps(BitReader from) throws TensorFormatException {
        int[] positions = new int[from.number("the number of elements", 0, Math.min(elements(), from.bitsLeft()))];
        int k = from.number("the width of the gaps", 0, WIDEST_RUN);
        int at = -1;
        for (int i = 0; i < positions.length; i++) {
            while (from.bits(1) == 1) {
                at = advanced(at, 1 << k, from);
            }
            at = advanced(at, (int) from.bits(k) + 1, from);
            positions[i] = at;
        }
        return positions;
    }

    private int advanced(int at, int by, BitReader from) throws TensorFormatException {
        if (by >= elements() - at) {
            throw from.refusal("element " + ((long) at + by) + " lies outside the " + elements() + " of the tensor");
        }
        return at + by;
    }
}
