package espalier.tensor.cpu.vector.norm;

import espalier.tensor.cpu.Scratch;
import java.util.Optional;

/**
 * The ReLU behind a batch norm on the way back: a gradient passes where the normalized number is positive. That is
 * worked out again from the input, so that the output is not read. Without ReLU everything passes.
 *
 * @param planes the input
 * @param mean of each channel
 * @param factor γ/√(σ² + ε) of each channel, as in the forward pass
 * @param shift β of each channel, or none without ReLU
 */
record Gate(BatchPlanes planes, float[] mean, float[] factor, Optional<float[]> shift) implements PlaneGate {
    /** In {@code g} itself, or in memory of the calling thread. */
    @Override
    public float[] row(float[] g, int size) {
        return shift.isPresent() ? Scratch.floats(Scratch.ROW, size) : g;
    }

    @Override
    public int plane(int at, int channel, float[] g, int go, float[] row) {
        if (shift.isEmpty()) {
            return go + at;
        }
        BatchNormPlanes.pass(
                planes.array(),
                planes.offset() + at,
                mean[channel],
                factor[channel],
                shift.get()[channel],
                g,
                go + at,
                row,
                0,
                planes.size());
        return 0;
    }

    /**
     * The gate of the channels {@code [first, end)}, whose means are those of the columns: as {@link BatchNormColumns}
     * takes planes.
     */
    Columns columns(int first, int end, float[] means) {
        int size = planes.size();
        if (shift.isEmpty()) {
            return new Columns(planes, means, factor, mean, (end - first) * size, false);
        }
        float[] factors = BatchNormColumns.repeated(Scratch.CHANNELS_4, factor, first, end, size);
        float[] shifts = BatchNormColumns.repeated(Scratch.CHANNELS_5, shift.get(), first, end, size);
        return new Columns(planes, means, factors, shifts, (end - first) * size, true);
    }

    /** Some columns of all images. */
    record Columns(BatchPlanes planes, float[] means, float[] factors, float[] shifts, int count, boolean closes) {
        /** As {@link Gate#row}. */
        float[] row(float[] g) {
            return closes ? Scratch.floats(Scratch.ROW, count) : g;
        }

        /** As {@link Gate#plane}, for the columns of one image. */
        int image(int at, float[] g, int go, float[] row) {
            if (!closes) {
                return go + at;
            }
            int from = planes.offset() + at;
            BatchNormColumns.pass(planes.array(), from, means, factors, shifts, g, go + at, row, count);
            return 0;
        }
    }
}
