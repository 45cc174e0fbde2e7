package espalier.tensor.cpu.vector.pool;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Shape;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;

/**
 * One plane {@code [H, W]} so laid out that all windows of the plane find the same place of their window in one run,
 * whatever the strides.
 *
 * <p>With strides s and t the padded plane is dealt out to s·t phases: padded element (r, c) stands in phase (r mod s,
 * c mod t) at row r / s and position c / t. Place (p, q) of the window of output (i, j) is padded element (i·s + p, j·t
 * + q), so it stands in phase (p mod s, q mod t) at (i + p/s, j + q/t). All phases have rows of one {@link #pitch}:
 * with {@code f = i·pitch + j} that is position f beside a start which depends on (p, q) alone. The few f beyond the
 * last output of a row give numbers that nobody reads. Padding is written once and left alone afterwards.
 */
final class PoolPlane {
    /** Windows are handled so many at a time. */
    static final int STEP = 4 * COUNT;

    private static final VectorShuffle<Float> EVEN = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT);
    private static final VectorShuffle<Float> ODD = VectorShuffle.fromOp(FLOATS, i -> 2 * i % COUNT + 1);
    private static final VectorShuffle<Float> LOW = VectorShuffle.fromOp(FLOATS, i -> i / 2);
    private static final VectorShuffle<Float> HIGH = VectorShuffle.fromOp(FLOATS, i -> COUNT / 2 + i / 2);
    private static final VectorMask<Float> UPPER = VectorMask.fromLong(FLOATS, (1L << COUNT) - (1L << COUNT / 2));
    private static final VectorMask<Float> ODD_LANES = VectorMask.fromLong(FLOATS, 0xAAAAAAAAAAAAAAAAL);

    /** From one row of a phase, or of outputs, to the next. */
    final int pitch;
    /** Elements of a phase. */
    final int size;
    /** Output positions {@code i·pitch + j}, rounded up to whole steps. */
    final int outputs;

    private final PoolSpec spec;
    private final int rows;
    private final int columns;

    /** For planes of the input's last two axes. */
    PoolPlane(PoolSpec spec, Shape input, Shape output) {
        this.spec = spec;
        rows = input.dim(2);
        columns = input.dim(3);
        pitch = Math.max(
                output.dim(3) + (spec.kernelW() - 1) / spec.strideW(),
                (columns + spec.padW() - 1) / spec.strideW() + 1);
        int phaseRows = Math.max(
                output.dim(2) + (spec.kernelH() - 1) / spec.strideH(), (rows + spec.padH() - 1) / spec.strideH() + 1);
        size = phaseRows * pitch;
        outputs = Math.ceilDiv(output.dim(2) * pitch, STEP) * STEP;
    }

    /** The calling thread's memory for the phases, everywhere {@code padding}. */
    float[] phases(float padding) {
        int length = spec.strideH() * spec.strideW() * size + spec.kernelW() + STEP;
        float[] phases = Scratch.floats(Scratch.PLANE, length);
        Arrays.fill(phases, 0, length, padding);
        return phases;
    }

    /** Where place (p, q) of the windows begins. */
    int start(int p, int q) {
        int phase = p % spec.strideH() * spec.strideW() + q % spec.strideW();
        return phase * size + p / spec.strideH() * pitch + q / spec.strideW();
    }

    /** Takes over the plane at {@code x[at]}. */
    void read(float[] x, int at, float[] phases) {
        for (int row = 0; row < rows; row++) {
            int from = at + row * columns;
            switch (spec.strideW()) {
                case 1 -> System.arraycopy(x, from, phases, place(row, 0), columns);
                case 2 -> deal(x, from, phases, place(row, 0), place(row, 1));
                default -> {
                    for (int column = 0; column < columns; column++) {
                        phases[place(row, column)] = x[from + column];
                    }
                }
            }
        }
    }

    /** Where an element of the input stands. */
    private int place(int row, int column) {
        return start(row + spec.padH(), column + spec.padW());
    }

    /** Even columns to one phase, odd ones to the other. */
    private void deal(float[] x, int from, float[] phases, int even, int odd) {
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
    void write(float[] phases, float[] x, int at) {
        for (int row = 0; row < rows; row++) {
            int to = at + row * columns;
            switch (spec.strideW()) {
                case 1 -> System.arraycopy(phases, place(row, 0), x, to, columns);
                case 2 -> collect(phases, place(row, 0), place(row, 1), x, to);
                default -> {
                    for (int column = 0; column < columns; column++) {
                        x[to + column] = phases[place(row, column)];
                    }
                }
            }
        }
    }

    private void collect(float[] phases, int even, int odd, float[] x, int to) {
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
