package espalier.tensor.cpu.vector.norm;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.cpu.vector.reduce.Moments;
import espalier.tensor.cpu.vector.reduce.RowReduction;
import java.util.Arrays;

/**
 * A row-major tensor {@code [N, C, S]} as N·C planes of S elements, and the sums over the planes of each channel that
 * batch normalization needs.
 *
 * @param array where the elements are
 * @param offset where the first is
 * @param images N
 * @param channels C
 * @param size S
 */
record BatchPlanes(float[] array, int offset, int images, int channels, int size) {
    /** Images whose columns are summed in float. */
    private static final int DEPTH = 128;

    /** The planes of {@code [N, C, ..]}, contiguous and not empty. */
    static BatchPlanes of(Tensor x) {
        int images = x.dim(0);
        int channels = x.dim(1);
        return new BatchPlanes(Heap.floats(x), Heap.at(x), images, channels, x.size() / (images * channels));
    }

    /** Takes a channel's mean and biased variance. */
    interface ChannelMoments {
        void set(int channel, double mean, double variance);
    }

    /** Takes a channel's Σg and Σ(x − mean)·g. */
    interface ChannelSums {
        void set(int channel, double sum, double dot);
    }

    /** Takes the plane of a channel that begins {@code at} elements after the first. */
    interface Plane {
        void run(int at, int channel);
    }

    /** Where a plane begins, counted from the first element. */
    int start(int image, int channel) {
        return (image * channels + channel) * size;
    }

    /** Handles every plane, in the order of memory. */
    void each(Parallel parallel, double nanosPerElement, Plane body) {
        Tasks.ranges(parallel, images * channels, Tasks.rowsPerTask(size), 10 + nanosPerElement * size, (from, to) -> {
            for (int plane = from; plane < to; plane++) {
                body.run(plane * size, plane % channels);
            }
        });
    }

    /** Handles the planes of some channels in every image. */
    void each(int first, int end, Plane body) {
        for (int n = 0; n < images; n++) {
            for (int c = first; c < end; c++) {
                body.run(start(n, c), c);
            }
        }
    }

    /** Handles groups of channels that have about {@code columns} elements an image. */
    void channelGroups(Parallel parallel, int columns, double nanosPerElement, Tasks.Range body) {
        Tasks.ranges(parallel, channels, Math.max(1, columns / size), nanosPerElement * images * size + 50, body);
    }

    /** Mean and variance of each channel. */
    void moments(Parallel parallel, ChannelMoments result) {
        Sums sums = sums();
        Tasks.ranges(
                parallel,
                images * channels,
                Tasks.rowsPerTask(size),
                30 + 0.2 * size,
                (from, to) -> measure(sums, from, to));
        moments(sums, result);
    }

    /** Two numbers of each plane, in memory of the thread that asked for them. */
    record Sums(double[] first, double[] second) {}

    /** Place for two numbers of each plane. */
    Sums sums() {
        int planes = images * channels;
        return new Sums(Scratch.doubles(Scratch.PLANE_SUMS, planes), Scratch.doubles(Scratch.PLANE_SUMS_2, planes));
    }

    /** Mean and summed squared distance from it of the planes {@code [from, to)}. */
    void measure(Sums so, int from, int to) {
        for (int plane = from; plane < to; plane++) {
            Moments.store(array, offset + plane * size, size, so.first, so.second, plane);
        }
    }

    /**
     * Mean and variance of each channel, from what was measured of all planes: the mean of the means, and the mean
     * variance within planes plus the variance of their means.
     */
    void moments(Sums so, ChannelMoments result) {
        int planes = images * channels;
        for (int c = 0; c < channels; c++) {
            double mean = 0;
            for (int plane = c; plane < planes; plane += channels) {
                mean += so.first[plane];
            }
            mean /= images;
            double total = 0;
            for (int plane = c; plane < planes; plane += channels) {
                double distance = so.first[plane] - mean;
                total += so.second[plane] + size * distance * distance;
            }
            result.set(c, mean, total / ((double) images * size));
        }
    }

    /** Σg and Σ(x − mean)·g of each channel, of what passes the gate; {@code g} is laid out as this. */
    void sums(Parallel parallel, float[] mean, PlaneGate gate, float[] g, int go, ChannelSums result) {
        int planes = images * channels;
        Sums so = sums();
        Tasks.ranges(parallel, planes, Tasks.rowsPerTask(size), 30 + 0.3 * size, (from, to) -> {
            float[] passed = gate.row(g, size);
            for (int plane = from; plane < to; plane++) {
                int at = plane * size;
                int passedAt = gate.plane(at, plane % channels, g, go, passed);
                so.first[plane] = RowReduction.sum(passed, passedAt, size);
                so.second[plane] = RowReduction.dot(array, offset + at, mean[plane % channels], passed, passedAt, size);
            }
        });
        for (int c = 0; c < channels; c++) {
            double sum = 0;
            double dot = 0;
            for (int plane = c; plane < planes; plane += channels) {
                sum += so.first[plane];
                dot += so.second[plane];
            }
            result.set(c, sum, dot);
        }
    }

    /** {@link #moments} of the channels {@code [first, end)}, by columns. */
    void columnMoments(int first, int end, ChannelMoments result) {
        int columns = (end - first) * size;
        double count = (double) images * size;
        double[] means =
                columnSums(columns, (n, so) -> BatchNormColumns.add(array, offset + start(n, first), so, columns));
        float[] near = new float[end - first];
        for (int c = 0; c < near.length; c++) {
            means[c] /= count;
            near[c] = (float) means[c];
        }
        float[] centres = BatchNormColumns.repeated(Scratch.CHANNELS, near, 0, near.length, size);
        double[] squares = columnSums(
                columns,
                (n, so) -> BatchNormColumns.addSquaredDistances(array, offset + start(n, first), centres, so, columns));
        for (int c = 0; c < near.length; c++) {
            double lost = means[c] - near[c];
            result.set(first + c, means[c], Math.max(0, squares[c] / count - lost * lost));
        }
    }

    /** {@link #sums} of the channels {@code [first, end)}, by columns; the means are those of the columns. */
    void columnSums(int first, int end, float[] centres, Gate.Columns gate, float[] g, int go, ChannelSums result) {
        int columns = (end - first) * size;
        float[] passed = gate.row(g);
        double[] sums = columnSums(columns, (n, so) -> {
            int passedAt = gate.image(start(n, first), g, go, passed);
            BatchNormColumns.add(passed, passedAt, so, columns);
        });
        double[] dots = columnSums(columns, (n, so) -> {
            int at = start(n, first);
            int passedAt = gate.image(at, g, go, passed);
            BatchNormColumns.addProducts(array, offset + at, centres, passed, passedAt, so, columns);
        });
        for (int c = first; c < end; c++) {
            result.set(c, sums[c - first], dots[c - first]);
        }
    }

    /** Adds something of image {@code n} to the columns. */
    private interface ColumnSum {
        void add(int n, float[] so);
    }

    /** The sums of all images' columns, and of the columns of each channel. */
    private double[] columnSums(int columns, ColumnSum body) {
        double[] so = new double[columns / size];
        float[] sums = Scratch.zeros(Scratch.COLUMNS, columns);
        for (int n = 0; n < images; n++) {
            body.add(n, sums);
            if ((n + 1) % DEPTH == 0 || n + 1 == images) {
                for (int c = 0; c < so.length; c++) {
                    for (int j = c * size; j < (c + 1) * size; j++) {
                        so[c] += sums[j];
                    }
                }
                Arrays.fill(sums, 0, columns, 0f);
            }
        }
        return so;
    }
}
