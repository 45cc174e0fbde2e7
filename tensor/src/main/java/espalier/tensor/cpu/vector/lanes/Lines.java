package espalier.tensor.cpu.vector.lanes;

import espalier.tensor.cpu.Scratch;

/**
 * Memory for what is written once and then read by vectors, as packed weights are: each piece begins a cache line,
 * since a load that crosses one takes twice as long ({@link Scratch#onLines}). Small pieces share an array, which is
 * collected with the last of them.
 */
public final class Lines {
    /** Floats of a cache line. */
    private static final int LINE = 16;

    private float[] open = {};
    private int used;

    /** Zeros. */
    public synchronized Span take(int length) {
        int whole = Math.ceilDiv(length, LINE) * LINE;
        if (whole > Scratch.HALF_REGION - Scratch.LINE) {
            return new Span(new float[Math.addExact(Scratch.LINE, whole)], Scratch.LINE);
        }
        if (whole > open.length - used) {
            open = new float[Scratch.HALF_REGION];
            used = Scratch.LINE;
        }
        used += whole;
        return new Span(open, used - whole);
    }
}
