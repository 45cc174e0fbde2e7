package espalier.tensor.cpu.vector.packed;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.conv.ConvTile;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.packed.BinaryMatrix;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Rows of signs: the product needs no multiplications and a quarter of the additions.
 *
 * <p>Four rows of the right operand can be added up with signs in 16 ways. All 16 sums are made once and kept in a
 * table; each row of the matrix then adds the one that its next four bits name. (This is the method of the four
 * Russians: Arlazarov, Dinic, Kronrod and Faradzev 1970.) A float product does four multiply-adds where this does one
 * load and one addition, so it pays as soon as there are more than about 16 rows to share a table.
 *
 * <p>The table covers 4 vectors of columns and as many groups of four as fit the nearest cache. The sums of one block
 * of groups are added to those of the blocks before, so an element is a sum of groups in ascending order, whatever the
 * vector width and the number of threads.
 */
final class BinaryRows extends PackedRows {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = SPECIES.length();

    /** Columns under one table. */
    private static final int WIDTH = 4 * LANES;

    /** Rows of the right operand that are added up together. */
    private static final int GROUP = 4;

    private static final int SUMS = 1 << GROUP;

    /** Groups in a table of 32 KiB. */
    private static final int BLOCK = 8192 / (SUMS * WIDTH);

    /** The table, followed by the sums [rows][WIDTH]. */
    private static final int TABLE_AT = Scratch.LINE;

    private static final int SUMS_AT = TABLE_AT + BLOCK * SUMS * WIDTH;

    private final int groups;
    private final float[] scales;

    /** For one column. */
    private final SignLookup lookup;

    /** For each pair of rows, each group and each row of the pair: where in the table its sum is. */
    private final int[] places;

    BinaryRows(BinaryMatrix matrix) {
        super(matrix);
        groups = Math.ceilDiv(columns, GROUP);
        scales = new float[rows];
        lookup = new SignLookup(matrix);
        places = new int[Math.ceilDiv(rows, 2) * 2 * groups];
        Arrays.fill(places, TABLE_AT);
        for (int row = 0; row < rows; row++) {
            scales[row] = matrix.scale(row);
            for (int group = 0; group < groups; group++) {
                int column = group * GROUP;
                int signs = (int) (matrix.word(row, column / 64) >>> column) & SUMS - 1;
                places[(row / 2 * groups + group) * 2 + row % 2] = TABLE_AT + (group % BLOCK * SUMS + signs) * WIDTH;
            }
        }
    }

    @Override
    double cycles(Lane lane) {
        double sums = (double) groups * (rows + SUMS);
        return switch (lane) {
            case PIXEL -> 2 * sums;
            case IMAGE -> 4 * sums; // what the table is made from lies farther apart
        };
    }

    @Override
    int rowStep() {
        return 256; // a table costs as much as 16 rows: few tasks should make the same one
    }

    @Override
    int[] table(int[] columnOffsets) {
        return columnOffsets;
    }

    @Override
    void multiply(RightLayout right, float[] x, int xBase, float[] c, int cBase, int fromRow, int toRow, Span bias) {
        ConvTile tile = right.tile();
        int vectors = tile.vectors();
        int length = SUMS_AT + (toRow - fromRow + 1) * WIDTH;
        float[] memory = Scratch.onLines(Scratch.SHARED_SUMS, length);
        for (int v = 0; v < vectors; v += 4) {
            Arrays.fill(memory, SUMS_AT, SUMS_AT + (toRow - fromRow + 1) * WIDTH, 0f);
            for (int group = 0; group < groups; group += BLOCK) {
                int count = Math.min(BLOCK, groups - group);
                for (int i = 0; i < 4; i++) {
                    int start = xBase + tile.xStart(Math.min(v + i, vectors - 1));
                    fillTable(right.table(), group, count, x, start, memory, TABLE_AT + i * LANES);
                }
                for (int row = fromRow; row < toRow; row += 2) {
                    int at = (row / 2 * groups + group) * 2;
                    addSums(memory, places, at, count, SUMS_AT + (row - fromRow) * WIDTH);
                }
            }
            for (int i = 0; i < Math.min(4, vectors - v); i++) {
                for (int row = fromRow; row < toRow; row++) {
                    FloatVector scale = FloatVector.broadcast(SPECIES, scales[row]);
                    FloatVector start = FloatVector.broadcast(SPECIES, bias.orZero(row));
                    VECTOR.cast(FloatVector.fromArray(SPECIES, memory, SUMS_AT + (row - fromRow) * WIDTH + i * LANES))
                            .fma(scale, start)
                            .intoArray(c, cBase + row * tile.rowStride() + tile.cStart(v + i));
                }
            }
        }
    }

    /** The sums of one vector of columns, for {@code count} groups from {@code group}. */
    private void fillTable(int[] offsets, int group, int count, float[] x, int start, float[] table, int at) {
        int whole = Math.min(count, columns / GROUP - group);
        for (int g = 0; g < whole; g++) {
            int k = (group + g) * GROUP;
            allSums(
                    x,
                    start + offsets[k],
                    start + offsets[k + 1],
                    start + offsets[k + 2],
                    start + offsets[k + 3],
                    table,
                    at + g * SUMS * WIDTH);
        }
        if (whole < count) { // the last group has fewer than four rows; the others are zero
            float[] padded = Scratch.zeros(Scratch.ROW, GROUP * LANES);
            for (int k = (group + whole) * GROUP; k < columns; k++) {
                System.arraycopy(x, start + offsets[k], padded, k % GROUP * LANES, LANES);
            }
            allSums(padded, 0, LANES, 2 * LANES, 3 * LANES, table, at + whole * SUMS * WIDTH);
        }
    }

    /** The 16 sums of four vectors; bit i of a sum's number is set where vector i counts negative. */
    private static void allSums(float[] x, int at0, int at1, int at2, int at3, float[] table, int to) {
        FloatVector x0 = VECTOR.cast(FloatVector.fromArray(SPECIES, x, at0));
        FloatVector x1 = VECTOR.cast(FloatVector.fromArray(SPECIES, x, at1));
        FloatVector x2 = VECTOR.cast(FloatVector.fromArray(SPECIES, x, at2));
        FloatVector x3 = VECTOR.cast(FloatVector.fromArray(SPECIES, x, at3));
        FloatVector low0 = x0.add(x1);
        FloatVector low1 = x1.sub(x0);
        FloatVector high0 = x2.add(x3);
        FloatVector high1 = x3.sub(x2);
        high0.add(low0).intoArray(table, to);
        high0.add(low1).intoArray(table, to + WIDTH);
        high0.sub(low1).intoArray(table, to + 2 * WIDTH);
        high0.sub(low0).intoArray(table, to + 3 * WIDTH);
        high1.add(low0).intoArray(table, to + 4 * WIDTH);
        high1.add(low1).intoArray(table, to + 5 * WIDTH);
        high1.sub(low1).intoArray(table, to + 6 * WIDTH);
        high1.sub(low0).intoArray(table, to + 7 * WIDTH);
        low0.sub(high1).intoArray(table, to + 8 * WIDTH);
        low1.sub(high1).intoArray(table, to + 9 * WIDTH);
        low1.add(high1).neg().intoArray(table, to + 10 * WIDTH);
        low0.add(high1).neg().intoArray(table, to + 11 * WIDTH);
        low0.sub(high0).intoArray(table, to + 12 * WIDTH);
        low1.sub(high0).intoArray(table, to + 13 * WIDTH);
        low1.add(high0).neg().intoArray(table, to + 14 * WIDTH);
        low0.add(high0).neg().intoArray(table, to + 15 * WIDTH);
    }

    /** Adds {@code count} sums, named by {@code places}, to two rows of {@code memory}. */
    private static void addSums(float[] memory, int[] places, int at, int count, int sumsAt) {
        FloatVector s00 = FloatVector.fromArray(SPECIES, memory, sumsAt);
        FloatVector s01 = FloatVector.fromArray(SPECIES, memory, sumsAt + LANES);
        FloatVector s02 = FloatVector.fromArray(SPECIES, memory, sumsAt + 2 * LANES);
        FloatVector s03 = FloatVector.fromArray(SPECIES, memory, sumsAt + 3 * LANES);
        FloatVector s10 = FloatVector.fromArray(SPECIES, memory, sumsAt + WIDTH);
        FloatVector s11 = FloatVector.fromArray(SPECIES, memory, sumsAt + WIDTH + LANES);
        FloatVector s12 = FloatVector.fromArray(SPECIES, memory, sumsAt + WIDTH + 2 * LANES);
        FloatVector s13 = FloatVector.fromArray(SPECIES, memory, sumsAt + WIDTH + 3 * LANES);
        for (int g = 0; g < count; g++) {
            int from0 = places[at + 2 * g];
            int from1 = places[at + 2 * g + 1];
            s00 = VECTOR.cast(s00).add(FloatVector.fromArray(SPECIES, memory, from0));
            s01 = VECTOR.cast(s01).add(FloatVector.fromArray(SPECIES, memory, from0 + LANES));
            s02 = VECTOR.cast(s02).add(FloatVector.fromArray(SPECIES, memory, from0 + 2 * LANES));
            s03 = VECTOR.cast(s03).add(FloatVector.fromArray(SPECIES, memory, from0 + 3 * LANES));
            s10 = VECTOR.cast(s10).add(FloatVector.fromArray(SPECIES, memory, from1));
            s11 = VECTOR.cast(s11).add(FloatVector.fromArray(SPECIES, memory, from1 + LANES));
            s12 = VECTOR.cast(s12).add(FloatVector.fromArray(SPECIES, memory, from1 + 2 * LANES));
            s13 = VECTOR.cast(s13).add(FloatVector.fromArray(SPECIES, memory, from1 + 3 * LANES));
        }
        VECTOR.cast(s00).intoArray(memory, sumsAt);
        VECTOR.cast(s01).intoArray(memory, sumsAt + LANES);
        VECTOR.cast(s02).intoArray(memory, sumsAt + 2 * LANES);
        VECTOR.cast(s03).intoArray(memory, sumsAt + 3 * LANES);
        VECTOR.cast(s10).intoArray(memory, sumsAt + WIDTH);
        VECTOR.cast(s11).intoArray(memory, sumsAt + WIDTH + LANES);
        VECTOR.cast(s12).intoArray(memory, sumsAt + WIDTH + 2 * LANES);
        VECTOR.cast(s13).intoArray(memory, sumsAt + WIDTH + 3 * LANES);
    }

    /** One column gives this table nothing to do; {@link SignLookup} makes one for it. */
    @Override
    void multiplyVector(Span x, Span y, int fromRow, int toRow, Span bias) {
        float[] memory = Scratch.onLines(Scratch.SHARED_SUMS, lookup.memory(toRow - fromRow));
        int sums = lookup.multiply(x.array(), x.at(), memory, TABLE_AT, fromRow, toRow);
        for (int row = fromRow; row < toRow; row++) {
            y.array()[y.at() + row] = Math.fma(scales[row], memory[sums + row - fromRow], bias.orZero(row));
        }
    }
}
