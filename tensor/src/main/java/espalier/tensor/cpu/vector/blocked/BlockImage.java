package espalier.tensor.cpu.vector.blocked;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.spi.ConvSpec;
import java.util.Arrays;

/** A blocked image where it lies: all that a 1 × 1 kernel without stride and padding needs. */
record BlockImage(ConvGeometry g) implements BlockSource {
    private static final int LANES = Lanes.COUNT;

    /** Whether a convolution is of this kind. */
    static boolean takes(ConvGeometry g) {
        return g.kh() == 1 && g.kw() == 1 && g.spec().equals(ConvSpec.of());
    }

    @Override
    public int floats() {
        return 0;
    }

    @Override
    public int pitch() {
        return g.w() * LANES;
    }

    @Override
    public int[] places() {
        int[] places = new int[g.c() / LANES];
        Arrays.setAll(places, block -> block * g.h() * pitch());
        return places;
    }

    @Override
    public int[] weights() {
        int[] weights = new int[g.c()];
        Arrays.setAll(weights, c -> c);
        return weights;
    }

    @Override
    public void fill(float[] src, int from, int firstRow, float[] window) {
        throw new IllegalStateException("an image that is read in place is not copied");
    }
}
