package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.channels.BlockTiles;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.RowGroups;
import espalier.tensor.cpu.vector.lanes.Span;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * A 3 × 3 convolution of blocked images by Winograd's F(2×2, 3×3): 16 multiplications where the sum has 36 (Lavin and Gray 2016,
 * "Fast Algorithms for Convolutional Neural Networks", section 4.1).
 *
 * <p>Squares of 4 × 4 pixels, two apart, are turned into 16 numbers that neighbouring results have in common; each of the 16 is a 1 × 1
 * convolution of its own, in which squares are the pixels; and 16 sums make the 2 × 2 results of a square. A lane is a channel
 * throughout, so that turning a square takes additions of whole vectors and nothing else.
 */
final class BlockWinograd implements BlockWay {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;
    private static final int WIDTH = BlockSweep.WIDTH;

    /** Numbers of a square. */
    private static final int POINTS = 16;

    /** Most floats of turned squares: half a megabyte. */
    private static final int SQUARES_FLOATS = 1 << 17;

    private static final float[] ZEROS = BlockSweep.ZEROS;

    private final ConvGeometry g;
    private final int down;
    private final int across;
    private final int rows;
    private final int blocks;
    private final int[] terms;

    /** Floats from one of the 16 numbers to the next, of all squares of a block; not a power of two. */
    private final int inputPlane;

    private final int resultPlane;

    /** Whether a convolution is of this kind. */
    static boolean takes(ConvGeometry g) {
        return g.kh() == 3
                && g.kw() == 3
                && g.spec().equals(g.spec().withStride(1).withDilation(1).withGroups(1));
    }

    BlockWinograd(ConvGeometry geometry) {
        g = geometry;
        down = Math.ceilDiv(g.outH(), 2);
        across = Math.ceilDiv(g.outW(), 2);
        int most = Math.clamp(SQUARES_FLOATS / (POINTS * g.c() * across), 1, down);
        rows = Math.ceilDiv(down, Math.ceilDiv(down, most));
        blocks = Math.ceilDiv(down, rows);
        int squares = rows * across;
        terms = new int[g.c()];
        for (int c = 0; c < terms.length; c++) {
            terms[c] = c / LANES * squares * LANES + c % LANES;
        }
        inputPlane = g.c() * squares + LANES;
        resultPlane = WIDTH * squares + LANES;
    }

    @Override
    public double cost() {
        double squares = (double) down * across;
        double sums = POINTS * squares * g.c() * g.o() / (2 * LANES);
        double turns = 60 * squares * (g.c() + g.o()) / LANES;
        return 1.1 * sums + turns + BlockWay.FETCH_CYCLES * packedLength() / g.n();
    }

    @Override
    public int packedLength() {
        return POINTS * g.c() * g.o();
    }

    /** Turned weights U = G w Gᵀ: for each panel and each of the 16 numbers, those of one input channel side by side. */
    @Override
    public void pack(float[] weight, float[] packed) {
        float[] turned = new float[POINTS];
        for (int o = 0; o < g.o(); o++) {
            for (int c = 0; c < g.c(); c++) {
                turnWeights(weight, (o * g.c() + c) * 9, turned);
                for (int k = 0; k < POINTS; k++) {
                    int row = (o / WIDTH * POINTS + k) * g.c() + c;
                    packed[row * WIDTH + o % WIDTH] = turned[k];
                }
            }
        }
    }

    private static void turnWeights(float[] w, int at, float[] turned) {
        for (int i = 0; i < 4; i++) {
            float a = turnedRow(i, w[at], w[at + 3], w[at + 6]);
            float b = turnedRow(i, w[at + 1], w[at + 4], w[at + 7]);
            float c = turnedRow(i, w[at + 2], w[at + 5], w[at + 8]);
            for (int j = 0; j < 4; j++) {
                turned[4 * i + j] = turnedRow(j, a, b, c);
            }
        }
    }

    /** Row i of G times (a, b, c). */
    private static float turnedRow(int i, float a, float b, float c) {
        return switch (i) {
            case 0 -> a;
            case 1 -> (a + b + c) / 2;
            case 2 -> (a - b + c) / 2;
            default -> c;
        };
    }

    @Override
    public void run(Parallel parallel, Span src, float[] packed, float[] bias, Span add, boolean relu, Span dst) {
        BlockWay.each(parallel, g.n() * blocks, g.o() / WIDTH, g.multiplyAdds(), (unit, firstPanel, endPanel) -> {
            int image = unit / blocks;
            int firstRow = unit % blocks * rows;
            int count = Math.min(rows, down - firstRow);
            float[] x = Scratch.floats(Scratch.CONV_INPUT, POINTS * inputPlane);
            turnImage(src.array(), src.at() + image * g.c() * g.h() * g.w(), firstRow, count, x);
            float[] sums = Scratch.floats(Scratch.CONV_OUTPUT, POINTS * resultPlane);
            for (int panel = firstPanel; panel < endPanel; panel++) {
                multiply(x, count * across, packed, panel, sums);
                int result = image * g.o() + panel * WIDTH;
                results(sums, firstRow, count, bias, panel * WIDTH, add, result * g.outH() * g.outW(), relu, dst);
            }
        });
    }

    /** Turns {@code count} rows of squares of all channels. */
    private void turnImage(float[] src, int image, int firstRow, int count, float[] x) {
        float[] patch = Scratch.floats(Scratch.TILE, POINTS * LANES);
        for (int block = 0; block < g.c() / LANES; block++) {
            int plane = image + block * g.h() * g.w() * LANES;
            int to = block * rows * across * LANES;
            for (int i = 0; i < count; i++) {
                int row = 2 * (firstRow + i) - g.spec().padH();
                for (int j = 0; j < across; j++, to += LANES) {
                    int column = 2 * j - g.spec().padW();
                    if (row >= 0 && column >= 0 && row + 4 <= g.h() && column + 4 <= g.w()) {
                        turnSquare(src, plane + (row * g.w() + column) * LANES, g.w() * LANES, x, to, inputPlane);
                    } else {
                        patch(src, plane, row, column, patch);
                        turnSquare(patch, 0, 4 * LANES, x, to, inputPlane);
                    }
                }
            }
        }
    }

    /** A square that reaches beyond the image, with zeros there. */
    private void patch(float[] src, int plane, int row, int column, float[] patch) {
        Arrays.fill(patch, 0, POINTS * LANES, 0f);
        int first = Math.max(0, column);
        int end = Math.min(g.w(), column + 4);
        for (int i = Math.max(0, row); i < Math.min(g.h(), row + 4) && first < end; i++) {
            int to = ((i - row) * 4 + first - column) * LANES;
            System.arraycopy(src, plane + (i * g.w() + first) * LANES, patch, to, (end - first) * LANES);
        }
    }

    /** V = Bᵀ d B, number k of it at {@code to + k·plane}. */
    private static void turnSquare(float[] d, int at, int row, float[] x, int to, int plane) {
        for (int i = 0; i < 4; i++) {
            // Row i of Bᵀ d: d0 − d2, d1 + d2, d2 − d1, d1 − d3.
            int first = at + (i == 0 ? 0 : i == 2 ? 2 * row : row);
            int second = at + (i == 3 ? 3 * row : i == 2 ? row : 2 * row);
            float sign = i == 1 ? 1f : -1f;
            FloatVector s = ONE.broadcast(sign);
            FloatVector t0 = s.fma(fromArray(SPECIES, d, second), fromArray(SPECIES, d, first));
            FloatVector t1 = s.fma(fromArray(SPECIES, d, second + LANES), fromArray(SPECIES, d, first + LANES));
            FloatVector t2 = s.fma(fromArray(SPECIES, d, second + 2 * LANES), fromArray(SPECIES, d, first + 2 * LANES));
            FloatVector t3 = s.fma(fromArray(SPECIES, d, second + 3 * LANES), fromArray(SPECIES, d, first + 3 * LANES));
            int k = to + 4 * i * plane;
            t0.sub(t2).intoArray(x, k);
            t1.add(t2).intoArray(x, k + plane);
            t2.sub(t1).intoArray(x, k + 2 * plane);
            t1.sub(t3).intoArray(x, k + 3 * plane);
        }
    }

    /** The 16 products of a panel. */
    private void multiply(float[] x, int squares, float[] packed, int panel, float[] sums) {
        int tiles = Math.ceilDiv(squares, RowGroups.MOST);
        int second = rows * across * LANES;
        for (int k = 0; k < POINTS; k++) {
            int weights = (panel * POINTS + k) * g.c() * WIDTH;
            for (int i = 0; i < tiles; i++) {
                int square = squares * i / tiles;
                int end = squares * (i + 1) / tiles;
                int to = k * resultPlane + square * LANES;
                BlockTiles.run(
                        end - square,
                        g.c(),
                        x,
                        k * inputPlane + square * LANES,
                        terms,
                        0,
                        packed,
                        weights,
                        ZEROS,
                        0,
                        Float.NEGATIVE_INFINITY,
                        sums,
                        to,
                        to + second);
            }
        }
    }

    private void results(
            float[] sums,
            int firstRow,
            int count,
            float[] bias,
            int channel,
            Span add,
            int at,
            boolean relu,
            Span dst) {
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        float[] y = Scratch.floats(Scratch.TILE, POINTS * LANES);
        for (int block = 0; block < 2; block++) {
            int from = block * rows * across * LANES;
            for (int i = firstRow; i < firstRow + count; i++) {
                for (int j = 0; j < across; j++, from += LANES) {
                    turnBack(sums, from, resultPlane, bias, channel + block * LANES, y);
                    int to = at + ((block * g.outH() + 2 * i) * g.outW() + 2 * j) * LANES;
                    int columns = Math.min(2, g.outW() - 2 * j);
                    finish(y, 0, columns, add, to, floor, dst);
                    if (2 * i + 1 < g.outH()) {
                        finish(y, 2 * LANES, columns, add, to + g.outW() * LANES, floor, dst);
                    }
                }
            }
        }
    }

    /** Y = Aᵀ M A + bias: two rows of two pixels. */
    private static void turnBack(float[] m, int at, int plane, float[] bias, int channel, float[] y) {
        FloatVector zero = ONE.broadcast(0f);
        FloatVector y00 = zero;
        FloatVector y01 = zero;
        FloatVector y10 = zero;
        FloatVector y11 = zero;
        for (int i = 0; i < 4; i++) {
            int k = at + 4 * i * plane;
            FloatVector m1 = ONE.mul(fromArray(SPECIES, m, k + plane));
            FloatVector m2 = fromArray(SPECIES, m, k + 2 * plane);
            FloatVector left = m1.add(m2).add(fromArray(SPECIES, m, k));
            FloatVector right = m1.sub(m2).sub(fromArray(SPECIES, m, k + 3 * plane));
            // Aᵀ = [1 1 1 0; 0 1 −1 −1]
            FloatVector upper = ONE.broadcast(i == 3 ? 0f : 1f);
            FloatVector lower = ONE.broadcast(i == 0 ? 0f : i == 1 ? 1f : -1f);
            y00 = upper.fma(left, y00);
            y01 = upper.fma(right, y01);
            y10 = lower.fma(left, y10);
            y11 = lower.fma(right, y11);
        }
        FloatVector b = fromArray(SPECIES, bias, channel);
        ONE.fma(y00, b).intoArray(y, 0);
        ONE.fma(y01, b).intoArray(y, LANES);
        ONE.fma(y10, b).intoArray(y, 2 * LANES);
        ONE.fma(y11, b).intoArray(y, 3 * LANES);
    }

    private static void finish(float[] y, int from, int pixels, Span add, int at, float floor, Span dst) {
        FloatVector least = ONE.broadcast(floor);
        for (int i = 0; i < pixels * LANES; i += LANES) {
            FloatVector sum = fromArray(SPECIES, y, from + i);
            if (add.isEmpty()) {
                least.max(sum).intoArray(dst.array(), dst.at() + at + i);
            } else {
                FloatVector all = ONE.fma(sum, fromArray(SPECIES, add.array(), add.at() + at + i));
                least.max(all).intoArray(dst.array(), dst.at() + at + i);
            }
        }
    }
}
