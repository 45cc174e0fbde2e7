package espalier.tensor.spi;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;

/** Pooling, one place of the window after the other for all windows at once. */
final class ComposedPooling {
    private ComposedPooling() {}

    /** The largest of each window and its position {@code h·W + w}; a place on the padding is passed over. */
    static void max(PoolSpec spec, Tensor x, Tensor out, Tensor indices) {
        Windows windows = Windows.of(spec, x.shape());
        Backend backend = x.device().backend();
        try (TensorScope _ = TensorScope.open()) {
            Tensor padded = windows.padded(x, 0);
            Tensor places = Tensor.arange(x.device(), 0, x.dim(2) * x.dim(3)).reshape(x.dim(2), x.dim(3));
            Tensor positions = windows.padded(places, -1); // [H + .., W + ..], −1 on the padding
            out.fillInPlace(0);
            indices.fillInPlace(-1);
            for (int p = 0; p < spec.kernelH(); p++) {
                for (int q = 0; q < spec.kernelW(); q++) {
                    try (TensorScope _ = TensorScope.open()) {
                        Tensor candidate = windows.at(padded, p, q); // [N, C, H', W']
                        Tensor position = windows.at(positions, p, q); // [H', W']
                        Tensor firstNaN = candidate.ne(candidate).and(out.eq(out));
                        Tensor better = indices.lt(0).or(candidate.gt(out)).or(firstNaN);
                        Tensor wins = better.and(position.ge(0));
                        backend.where(wins, candidate, out, out);
                        backend.where(wins, position.expand(indices.shape()), indices, indices);
                    }
                }
            }
        }
    }

    /** Adds each {@code g} to the place in its plane that its maximum came from. */
    static void maxGradient(Tensor g, Tensor indices, Tensor dx) {
        int planes = dx.dim(0) * dx.dim(1);
        Shape to = Shape.of(planes, dx.dim(2) * dx.dim(3));
        Shape from = Shape.of(planes, g.dim(2) * g.dim(3));
        try (TensorScope _ = TensorScope.open()) {
            if (indices.size() > 0) {
                requirePlace((int) indices.minOver().item(), dx);
                requirePlace((int) indices.maxOver().item(), dx);
            }
            dx.fillInPlace(0);
            dx.reshape(to).scatterAddInPlace(1, indices.reshape(from), g.reshape(from));
        }
    }

    private static void requirePlace(int index, Tensor dx) {
        if (index < 0 || index >= dx.dim(2) * dx.dim(3)) {
            throw new ShapeException(
                    "maxPool2dGradient: index " + index + " is out of range for a plane of " + dx.shape());
        }
    }

    /** The sum of each window over the number of places that count. */
    static void average(PoolSpec spec, Tensor x, Tensor out) {
        Windows windows = Windows.of(spec, x.shape());
        try (TensorScope _ = TensorScope.open()) {
            Tensor sums = windows.of(windows.padded(x, 0)).sum(2, 3); // [N, C, kH, kW, H', W'] → [N, C, H', W']
            out.copyInPlace(sums.div(counts(spec, windows, x)));
        }
    }

    /** Each {@code g}, over the same number, added to every place of its window. */
    static void averageGradient(PoolSpec spec, Tensor g, Tensor dx) {
        Windows windows = Windows.of(spec, dx.shape());
        try (TensorScope _ = TensorScope.open()) {
            Tensor share = g.div(counts(spec, windows, dx));
            Tensor sum = Tensor.zeros(dx.device(), dx.dtype(), windows.paddedShape(dx.shape()));
            for (int p = 0; p < spec.kernelH(); p++) {
                for (int q = 0; q < spec.kernelW(); q++) {
                    try (TensorScope _ = TensorScope.open()) {
                        windows.at(sum, p, q).addInPlace(share);
                    }
                }
            }
            dx.copyInPlace(windows.inner(sum));
        }
    }

    /** Places of each window that count in its average, {@code [H', W']}: rows that count times columns that do. */
    private static Tensor counts(PoolSpec spec, Windows windows, Tensor like) {
        int padH = spec.countPadding() ? spec.padH() : 0;
        int padW = spec.countPadding() ? spec.padW() : 0;
        int[] counts = new int[windows.rows() * windows.columns()];
        for (int i = 0; i < windows.rows(); i++) {
            int top = i * spec.strideH() - spec.padH();
            int rows = overlap(top, spec.kernelH(), -padH, windows.height() + padH);
            for (int j = 0; j < windows.columns(); j++) {
                int left = j * spec.strideW() - spec.padW();
                int columns = overlap(left, spec.kernelW(), -padW, windows.width() + padW);
                counts[i * windows.columns() + j] = rows * columns;
            }
        }
        return Tensor.of(like.device(), counts, Shape.of(windows.rows(), windows.columns()))
                .to(like.dtype());
    }

    /** How much of {@code [start, start + length)} lies in {@code [low, high)}. */
    private static int overlap(int start, int length, int low, int high) {
        return Math.min(start + length, high) - Math.max(start, low);
    }
}
