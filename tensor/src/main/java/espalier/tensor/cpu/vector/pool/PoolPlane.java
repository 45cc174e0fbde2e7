package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Shape;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * One plane {@code [H, W]} so laid out that neighbouring pooling windows find the same place of their window side by
 * side, whatever the stride.
 *
 * <p>With a horizontal stride s the columns are dealt out to s phases: padded column c stands in phase c mod s at
 * position c / s. Place (p, q) of the window of output column j is padded column j·s + q, so it stands in phase q mod s
 * at position j + q/s: the windows of a row read a run. Padding is written once and left alone afterwards.
 */
final class PoolPlane {
    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT);
    private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT + 1);
    private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(FLOATS, i -> i / 2);
    private static final VectorShuffle<Float> HIGH = VectorShuffle.fromOp(FLOATS, i -> COUNT / 2 + i / 2);
    private static final VectorMask<Float> UPPER = VectorMask.fromLong(FLOATS, (1L << COUNT) - (1L << COUNT / 2));
    private static final VectorMask<Float> ODD_LANES = VectorMask.fromLong(FLOATS, 0xAAAAAAAAAAAAAAAAL);

    final float[] phases;
    /** Output columns, rounded up to whole vectors. */
    final int width;

    private final PoolSpec spec;
    private final int rows;
    private final int columns;
    private final int pitch;
    /** Where the input's columns stand in the first row of their phase. */
    private final int[] positions;
    /** Where the window's columns stand, for output column 0. */
    private final int[] starts;

    /** A plane of the input's last two axes, everywhere {@code padding}. */
    PoolPlane(PoolSpec spec, Shape input, int outputColumns, float padding) {
        this.spec = spec;
        rows = input.dim(2);
        columns = input.dim(3);
        width = Math.ceilDiv(outputColumns, COUNT) * COUNT;
        int stride = spec.strideW();
        pitch = Math.max(width + spec.kernelW() / stride, (columns + spec.padW()) / stride + 1);
        phases = new float[stride * rows * pitch];
        Arrays.fill(phases, padding);
        positions = IntStream.range(0, Math.max(2, columns)).map(this::position).toArray();
        starts = IntStream.range(0, spec.kernelW())
                .map(q -> q % stride * rows * pitch + q / stride)
                .toArray();
    }

    /** Input row under row p of the window of output row i; outside {@code [0, H)} on the padding. */
    int inputRow(int i, int p) {
        return i * spec.strideH() - spec.padH() + p;
    }

    /** Where, for output column 0, column q of the window stands in an input row. */
    int start(int inputRow, int q) {
        return starts[q] + inputRow * pitch;
    }

    /** Where input column c ≥ 0 stands in the first row of its phase. */
    private int position(int column) {
        int padded = column + spec.padW();
        return padded % spec.strideW() * rows * pitch + padded / spec.strideW();
    }

    /** Takes over the plane at {@code x[at]}. */
    void read(float[] x, int at) {
        for (int row = 0; row < rows; row++) {
            int from = at + row * columns;
            int to = row * pitch;
            switch (spec.strideW()) {
                case 1 -> System.arraycopy(x, from, phases, to + positions[0], columns);
                case 2 -> deal(x, from, to + positions[0], to + positions[1]);
                default -> {
                    for (int column = 0; column < columns; column++) {
                        phases[to + positions[column]] = x[from + column];
                    }
                }
            }
        }
    }

    /** Even columns to one phase, odd ones to the other. */
    private void deal(float[] x, int from, int even, int odd) {
        int pairs = columns / 2;
        int whole = Lanes.whole(pairs);
        for (int i = 0; i < whole; i += COUNT) {
            FloatVector a = fromArray(FLOATS, x, from + 2 * i);
            FloatVector b = fromArray(FLOATS, x, from + 2 * i + COUNT);
            a.rearrange(EVEN).blend(b.rearrange(EVEN), UPPER).intoArray(phases, even + i);
            a.rearrange(ODD).blend(b.rearrange(ODD), UPPER).intoArray(phases, odd + i);
        }
        for (int i = whole; i < pairs; i++) {
            phases[even + i] = x[from + 2 * i];
            phases[odd + i] = x[from + 2 * i + 1];
        }
        if (columns % 2 == 1) {
            phases[even + pairs] = x[from + columns - 1];
        }
    }

    /** Hands the plane back to {@code x[at]}, without the padding. */
    void write(float[] x, int at) {
        for (int row = 0; row < rows; row++) {
            int to = at + row * columns;
            int from = row * pitch;
            switch (spec.strideW()) {
                case 1 -> System.arraycopy(phases, from + positions[0], x, to, columns);
                case 2 -> collect(x, to, from + positions[0], from + positions[1]);
                default -> {
                    for (int column = 0; column < columns; column++) {
                        x[to + column] = phases[from + positions[column]];
                    }
                }
            }
        }
    }

    private void collect(float[] x, int to, int even, int odd) {
        int pairs = columns / 2;
        int whole = Lanes.whole(pairs);
        for (int i = 0; i < whole; i += COUNT) {
            FloatVector a = fromArray(FLOATS, phases, even + i);
            FloatVector b = fromArray(FLOATS, phases, odd + i);
            a.rearrange(LOW).blend(b.rearrange(LOW), ODD_LANES).intoArray(x, to + 2 * i);
            a.rearrange(HIGH).blend(b.rearrange(HIGH), ODD_LANES).intoArray(x, to + 2 * i + COUNT);
        }
        for (int i = whole; i < pairs; i++) {
            x[to + 2 * i] = phases[even + i];
            x[to + 2 * i + 1] = phases[odd + i];
        }
        if (columns % 2 == 1) {
            x[to + columns - 1] = phases[even + pairs];
        }
    }
}
