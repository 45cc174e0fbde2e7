package espalier.tensor.cpu.vector.blocked;

import static espalier.tensor.cpu.vector.lanes.Lanes.ONE;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.PoolSpec;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * Max pooling of blocked images: for each result the largest of those pixels of its window that lie inside the image.
 */
final class BlockMaxPool {
    private static final VectorSpecies<Float> SPECIES = Lanes.FLOATS;
    private static final int LANES = Lanes.COUNT;

    private BlockMaxPool() {}

    static void run(Parallel parallel, PoolSpec spec, Tensor x, boolean relu, Tensor out) {
        int h = x.dim(2);
        int w = x.dim(3);
        int rows = out.dim(2);
        int columns = out.dim(3);
        Span src = Span.of(x);
        Span dst = Span.of(out);
        float least = relu ? 0f : Float.NEGATIVE_INFINITY;
        parallel.forEach(x.dim(0) * x.dim(1), task -> {
            int image = src.at() + task * h * w * LANES;
            for (int i = 0; i < rows; i++) {
                int row = i * spec.strideH() - spec.padH();
                int top = Math.max(0, row);
                int bottom = Math.min(h, row + spec.kernelH());
                int to = dst.at() + (task * rows + i) * columns * LANES;
                for (int j = 0; j < columns; j++) {
                    int column = j * spec.strideW() - spec.padW();
                    int left = Math.max(0, column);
                    int right = Math.min(w, column + spec.kernelW());
                    int at = image + (top * w + left) * LANES;
                    largest(
                            src.array(),
                            at,
                            w * LANES,
                            bottom - top,
                            (right - left) * LANES,
                            least,
                            dst.array(),
                            to + j * LANES);
                }
            }
        });
    }

    private static void largest(float[] x, int at, int row, int rows, int width, float least, float[] y, int to) {
        FloatVector most = ONE.broadcast(least);
        if (width == 3 * LANES) { // the usual one
            for (int i = 0; i < rows; i++) {
                FloatVector left = VECTOR.cast(FloatVector.fromArray(SPECIES, x, at + i * row));
                FloatVector pair = left.max(FloatVector.fromArray(SPECIES, x, at + i * row + LANES));
                most = pair.max(VECTOR.cast(FloatVector.fromArray(SPECIES, x, at + i * row + 2 * LANES))
                        .max(most));
            }
            VECTOR.cast(most).intoArray(y, to);
            return;
        }
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < width; j += LANES) {
                most = VECTOR.cast(FloatVector.fromArray(SPECIES, x, at + i * row + j))
                        .max(most);
            }
        }
        VECTOR.cast(most).intoArray(y, to);
    }
}
