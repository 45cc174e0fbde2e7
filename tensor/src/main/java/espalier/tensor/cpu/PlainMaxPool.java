package espalier.tensor.cpu;

import espalier.tensor.Layout;
import espalier.tensor.Tensor;
import espalier.tensor.spi.PoolSpec;

/**
 * Max pooling of F32 as it stands in a book, for any layout.
 *
 * <pre>
 *   y[n, c, i, j] = max over p, q of x[n, c, i*strideH + p - padH, j*strideW + q - padW]
 * </pre>
 *
 * where a place on the padding is passed over. The first of equals wins, and NaN wins against every number.
 */
final class PlainMaxPool {
    private PlainMaxPool() {}

    /**
     * {@code x [N, C, H, W] → y [N, C, H', W']} and the places {@code h·W + w} of the maxima; a task for each plane.
     */
    static void run(Parallel parallel, PoolSpec spec, Tensor x, Tensor y, Tensor places) {
        int channels = x.dim(1);
        parallel.forEach(x.dim(0) * channels, task -> plane(spec, x, y, places, task / channels, task % channels));
    }

    private static void plane(PoolSpec spec, Tensor x, Tensor y, Tensor places, int n, int c) {
        float[] from = ((HeapStorage) x.storage()).floats();
        float[] to = ((HeapStorage) y.storage()).floats();
        int[] place = ((HeapStorage) places.storage()).ints();
        Layout source = x.layout();
        int height = x.dim(2);
        int width = x.dim(3);
        for (int i = 0; i < y.dim(2); i++) {
            for (int j = 0; j < y.dim(3); j++) {
                int top = i * spec.strideH() - spec.padH();
                int left = j * spec.strideW() - spec.padW();
                int best = -1;
                float largest = 0;
                for (int h = Math.max(0, top); h < Math.min(height, top + spec.kernelH()); h++) {
                    for (int w = Math.max(0, left); w < Math.min(width, left + spec.kernelW()); w++) {
                        float value = from[index(source, n, c, h, w)];
                        if (best < 0 || value > largest || Float.isNaN(value) && !Float.isNaN(largest)) {
                            largest = value;
                            best = h * width + w;
                        }
                    }
                }
                to[index(y.layout(), n, c, i, j)] = largest;
                place[index(places.layout(), n, c, i, j)] = best;
            }
        }
    }

    private static int index(Layout layout, int n, int c, int h, int w) {
        return layout.offset()
                + n * layout.stride(0)
                + c * layout.stride(1)
                + h * layout.stride(2)
                + w * layout.stride(3);
    }
}
