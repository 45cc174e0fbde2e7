package espalier.tensor.cpu.vector;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.spi.ReduceOp;

/**
 * Batch normalization of {@code [N, C, ..]}, its gradients, and the affine map per channel that it is at inference.
 *
 * <p>A task takes one channel with long planes, or some neighbouring channels with short ones, through all images: it
 * finds the statistics and then applies them while what it has read is still in the cache.
 */
final class BatchNormKernel {
    /** Planes of at least this many elements are handled as runs. */
    private static final int LONG_PLANE = 512;

    /** Columns of a task on short planes, about. */
    private static final int COLUMNS = 1024;

    private BatchNormKernel() {}

    /** The sizes of {@code [N, C, S]}. */
    private record Sizes(int images, int channels, int plane) {
        static Sizes of(Tensor x) {
            int channels = x.dim(1);
            int images = x.dim(0);
            int plane = images * channels == 0 ? 0 : x.size() / (images * channels);
            return new Sizes(images, channels, plane);
        }

        int stride() {
            return channels * plane;
        }

        boolean longPlanes() {
            return plane >= LONG_PLANE;
        }

        int channelsPerTask() {
            return longPlanes() ? 1 : Math.max(1, COLUMNS / Math.max(1, plane));
        }

        void tasks(Parallel parallel, double nanosPerElement, Tasks.Range body) {
            Tasks.ranges(parallel, channels, channelsPerTask(), nanosPerElement * images * plane + 50, body);
        }
    }

    /** Whether there is something to normalize. */
    static boolean takes(Tensor x) {
        return Heap.areFloats(x) && x.size() > 0;
    }

    /** {@code out = (x − mean)/√(variance + ε)·scale + shift}; writes the statistics {@code [C]} too. */
    static void forward(
            Parallel parallel,
            Tensor x,
            Tensor scale,
            Tensor shift,
            double epsilon,
            Tensor out,
            Tensor mean,
            Tensor variance) {
        Sizes sizes = Sizes.of(x);
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        int xo = Heap.at(input);
        float[] gamma = channelValues(scale);
        float[] beta = channelValues(shift);
        float[] y = Heap.floats(out);
        int yo = Heap.at(out);
        float[] means = Heap.floats(mean);
        int mo = Heap.at(mean);
        float[] variances = Heap.floats(variance);
        int vo = Heap.at(variance);
        int plane = sizes.plane();
        sizes.tasks(parallel, 0.5, (first, end) -> {
            Moments[] moments = moments(sizes, from, xo, first, end);
            int channels = end - first;
            float[] centre = new float[channels];
            float[] factor = new float[channels];
            float[] offset = new float[channels];
            for (int c = 0; c < channels; c++) {
                means[mo + first + c] = centre[c] = (float) moments[c].mean();
                variances[vo + first + c] = (float) moments[c].variance();
                factor[c] = (float) (gamma[first + c] / Math.sqrt(moments[c].variance() + epsilon));
                offset[c] = beta[first + c];
            }
            if (!sizes.longPlanes()) {
                centre = BatchNormColumns.repeated(centre, channels, plane);
                factor = BatchNormColumns.repeated(factor, channels, plane);
                offset = BatchNormColumns.repeated(offset, channels, plane);
            }
            for (int n = 0; n < sizes.images(); n++) {
                int skip = n * sizes.stride() + first * plane;
                if (sizes.longPlanes()) {
                    BatchNormPlanes.normalize(from, xo + skip, centre[0], factor[0], offset[0], y, yo + skip, plane);
                } else {
                    BatchNormColumns.normalize(from, xo + skip, centre, factor, offset, y, yo + skip, channels * plane);
                }
            }
        });
    }

    private static Moments[] moments(Sizes sizes, float[] x, int xo, int first, int end) {
        int plane = sizes.plane();
        int at = xo + first * plane;
        if (sizes.longPlanes()) {
            return new Moments[] {BatchNormPlanes.moments(x, at, sizes.images(), sizes.stride(), plane)};
        }
        int channels = end - first;
        int columns = channels * plane;
        int count = sizes.images() * plane;
        double[] sums = new double[columns];
        ColumnReduction.run(ReduceOp.SUM, x, at, sizes.stride(), sizes.images(), columns, sums, 0);
        double[] means = folded(sums, channels, plane);
        float[] near = new float[channels];
        for (int c = 0; c < channels; c++) {
            means[c] /= count;
            near[c] = (float) means[c];
        }
        double[] squares = new double[columns];
        BatchNormColumns.squaredDistances(
                x,
                at,
                sizes.stride(),
                sizes.images(),
                columns,
                BatchNormColumns.repeated(near, channels, plane),
                squares);
        double[] distances = folded(squares, channels, plane);
        Moments[] so = new Moments[channels];
        for (int c = 0; c < channels; c++) {
            double offset = means[c] - near[c];
            so[c] = new Moments(count, means[c], Math.max(0, distances[c] - count * offset * offset));
        }
        return so;
    }

    /** The sums of each {@code n} neighbours. */
    private static double[] folded(double[] columns, int channels, int n) {
        double[] so = new double[channels];
        for (int j = 0; j < columns.length; j++) {
            so[j / n] += columns[j];
        }
        return so;
    }

    /**
     * {@code dβ = Σg}, {@code dγ = Σg·x̂}, {@code dx = γ/√(σ² + ε)·(g − dβ/m − x̂·dγ/m)} with {@code x̂ = (x − μ)/√(σ² + ε)}
     * (Ioffe and Szegedy 2015, section 3).
     */
    static void gradient(
            Parallel parallel,
            Tensor x,
            Tensor g,
            Tensor scale,
            Tensor mean,
            Tensor variance,
            double epsilon,
            Tensor dx,
            Tensor dscale,
            Tensor dshift) {
        Sizes sizes = Sizes.of(x);
        Tensor input = x.contiguous();
        Tensor incoming = g.contiguous();
        float[] from = Heap.floats(input);
        int xo = Heap.at(input);
        float[] gs = Heap.floats(incoming);
        int go = Heap.at(incoming);
        float[] gamma = channelValues(scale);
        float[] means = channelValues(mean);
        float[] variances = channelValues(variance);
        float[] to = Heap.floats(dx);
        int out = Heap.at(dx);
        float[] dgamma = Heap.floats(dscale);
        int dgo = Heap.at(dscale);
        float[] dbeta = Heap.floats(dshift);
        int dbo = Heap.at(dshift);
        int plane = sizes.plane();
        double count = (double) sizes.images() * plane;
        sizes.tasks(parallel, 0.8, (first, end) -> {
            int channels = end - first;
            double[] sums = new double[channels];
            double[] dots = new double[channels];
            gradientSums(sizes, from, xo, gs, go, means, first, end, sums, dots);
            float[] centre = new float[channels];
            float[] along = new float[channels];
            float[] offset = new float[channels];
            float[] factor = new float[channels];
            for (int c = 0; c < channels; c++) {
                double scaleOfX = 1 / Math.sqrt(variances[first + c] + epsilon);
                dbeta[dbo + first + c] = (float) sums[c];
                dgamma[dgo + first + c] = (float) (dots[c] * scaleOfX);
                centre[c] = means[first + c];
                along[c] = (float) (dots[c] * scaleOfX * scaleOfX / count);
                offset[c] = (float) (sums[c] / count);
                factor[c] = (float) (gamma[first + c] * scaleOfX);
            }
            if (!sizes.longPlanes()) {
                centre = BatchNormColumns.repeated(centre, channels, plane);
                along = BatchNormColumns.repeated(along, channels, plane);
                offset = BatchNormColumns.repeated(offset, channels, plane);
                factor = BatchNormColumns.repeated(factor, channels, plane);
            }
            for (int n = 0; n < sizes.images(); n++) {
                int skip = n * sizes.stride() + first * plane;
                int xAt = xo + skip;
                int gAt = go + skip;
                if (sizes.longPlanes()) {
                    BatchNormPlanes.gradient(
                            from, xAt, centre[0], gs, gAt, along[0], offset[0], factor[0], to, out + skip, plane);
                } else {
                    BatchNormColumns.gradient(
                            from, xAt, centre, gs, gAt, along, offset, factor, to, out + skip, channels * plane);
                }
            }
        });
    }

    /** Σg and Σ(x − mean)·g of each channel. */
    private static void gradientSums(
            Sizes sizes,
            float[] x,
            int xo,
            float[] g,
            int go,
            float[] means,
            int first,
            int end,
            double[] sums,
            double[] dots) {
        int plane = sizes.plane();
        int start = first * plane;
        if (sizes.longPlanes()) {
            for (int n = 0; n < sizes.images(); n++) {
                int skip = n * sizes.stride() + start;
                sums[0] += RowReduction.sum(g, go + skip, plane);
                dots[0] += RowReduction.dot(x, xo + skip, means[first], g, go + skip, plane);
            }
            return;
        }
        int channels = end - first;
        int columns = channels * plane;
        float[] near = new float[columns];
        for (int j = 0; j < columns; j++) {
            near[j] = means[first + j / plane];
        }
        double[] ofColumns = new double[columns];
        ColumnReduction.run(ReduceOp.SUM, g, go + start, sizes.stride(), sizes.images(), columns, ofColumns, 0);
        System.arraycopy(folded(ofColumns, channels, plane), 0, sums, 0, channels);
        double[] products = new double[columns];
        BatchNormColumns.dots(x, xo + start, g, go + start, sizes.stride(), sizes.images(), columns, near, products);
        System.arraycopy(folded(products, channels, plane), 0, dots, 0, channels);
    }

    /** {@code out = x·scale[c] + shift[c]}, and then at least 0 if asked. */
    static void scaleShift(Parallel parallel, Tensor x, Tensor scale, Tensor shift, boolean relu, Tensor out) {
        Sizes sizes = Sizes.of(x);
        Tensor input = x.contiguous();
        float[] from = Heap.floats(input);
        int xo = Heap.at(input);
        float[] scales = channelValues(scale);
        float[] shifts = channelValues(shift);
        float[] y = Heap.floats(out);
        int yo = Heap.at(out);
        int plane = sizes.plane();
        float floor = relu ? 0f : Float.NEGATIVE_INFINITY;
        float[] spreadScales = sizes.longPlanes() ? scales : BatchNormColumns.repeated(scales, sizes.channels(), plane);
        float[] spreadShifts = sizes.longPlanes() ? shifts : BatchNormColumns.repeated(shifts, sizes.channels(), plane);
        int perTask = Tasks.rowsPerTask(sizes.stride());
        Tasks.ranges(parallel, sizes.images(), perTask, 10 + 0.3 * sizes.stride(), (first, end) -> {
            for (int n = first; n < end; n++) {
                int skip = n * sizes.stride();
                if (!sizes.longPlanes()) {
                    BatchNormColumns.scaleShift(
                            from, xo + skip, spreadScales, spreadShifts, floor, y, yo + skip, sizes.stride());
                    continue;
                }
                for (int c = 0; c < sizes.channels(); c++) {
                    int at = skip + c * plane;
                    BatchNormPlanes.scaleShift(from, xo + at, scales[c], shifts[c], floor, y, yo + at, plane);
                }
            }
        });
    }

    /** The values of a tensor {@code [C]}, in an array of their own. */
    private static float[] channelValues(Tensor values) {
        Tensor input = values.contiguous();
        float[] copy = new float[input.size()];
        System.arraycopy(Heap.floats(input), Heap.at(input), copy, 0, copy.length);
        return copy;
    }
}
