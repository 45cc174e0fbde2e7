package espalier.tensor.cpu.vector.norm;

import espalier.tensor.cpu.vector.lanes.Span;

/**
 * The ReLU behind the sum of a batch norm and a shortcut: a gradient passes where the output is positive. What passes
 * is kept, for the shortcut wants it too.
 *
 * @param output what the ReLU gave
 * @param passed where what passes is kept
 * @param size elements of a plane
 */
record PositiveGate(Span output, Span passed, int size) implements PlaneGate {
    @Override
    public float[] row(float[] g, int size) {
        return passed.array();
    }

    @Override
    public int plane(int at, int channel, float[] g, int go, float[] row) {
        int to = passed.at() + at;
        BatchNormPlanes.passPositive(output.array(), output.at() + at, g, go + at, row, to, size);
        return to;
    }
}
