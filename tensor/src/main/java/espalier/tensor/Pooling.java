package espalier.tensor;

import espalier.tensor.spi.PoolSpec;

/** Pooling windows over {@code [N, C, H, W]}, and their gradients. */
public final class Pooling {
    private Pooling() {}

    /**
     * A maximum and where it was.
     *
     * @param values {@code [N, C, H', W']}
     * @param indices I32, position {@code h·W + w} in the plane, of the shape of the values
     */
    public record MaxPooled(Tensor values, Tensor indices) {}

    /** The largest in each window; padding never wins, NaN does. */
    public static MaxPooled max(PoolSpec spec, Tensor x) {
        Shape shape = spec.outputShape(x.shape());
        x.storage();
        Tensor out = Tensor.allocate("maxPool2d", x.device(), x.dtype(), shape);
        Tensor indices = Tensor.allocate("maxPool2d", x.device(), DType.I32, shape);
        x.backend().maxPool2d(spec, x, out, indices);
        return new MaxPooled(out, indices);
    }

    /** Gradient of {@link #max} for an input of shape {@code input}; {@code indices} are those it gave. */
    public static Tensor maxGradient(PoolSpec spec, Tensor g, Tensor indices, Shape input) {
        requireOutput("maxPool2dGradient", spec.outputShape(input), g.shape());
        indices.requireType("maxPool2dGradient", DType.I32);
        g.requireSameDevice("maxPool2dGradient", indices);
        if (!indices.shape().equals(g.shape())) {
            throw new ShapeException(
                    "maxPool2dGradient: gradient " + g.shape() + " and indices " + indices.shape() + " differ");
        }
        Tensor dx = Tensor.allocate("maxPool2dGradient", g.device(), g.dtype(), input);
        g.backend().maxPool2dGradient(spec, g, indices, dx);
        return dx;
    }

    /** The mean of each window. */
    public static Tensor average(PoolSpec spec, Tensor x) {
        x.storage();
        x.requireFraction("avgPool2d");
        Tensor out = Tensor.allocate("avgPool2d", x.device(), x.dtype(), spec.outputShape(x.shape()));
        x.backend().avgPool2d(spec, x, out);
        return out;
    }

    /** Gradient of {@link #average} for an input of shape {@code input}. */
    public static Tensor averageGradient(PoolSpec spec, Tensor g, Shape input) {
        requireOutput("avgPool2dGradient", spec.outputShape(input), g.shape());
        Tensor dx = Tensor.allocate("avgPool2dGradient", g.device(), g.dtype(), input);
        g.backend().avgPool2dGradient(spec, g, dx);
        return dx;
    }

    /** The mean of each plane: {@code [N, C, H, W] → [N, C]}. */
    public static Tensor globalAverage(Tensor x) {
        if (x.rank() != 4) {
            throw new ShapeException("globalAverage: input must be [N, C, H, W], not " + x.shape());
        }
        return x.mean(2, 3);
    }

    /** Means over windows chosen so that the output has the given size: window i spans ⌊i·H/h⌋ to ⌈(i+1)·H/h⌉. */
    public static Tensor adaptiveAverage(Tensor x, int height, int width) {
        if (x.rank() != 4 || height < 1 || width < 1) {
            throw new ShapeException("adaptiveAverage: cannot make " + height + "x" + width + " of " + x.shape());
        }
        x.requireFraction("adaptiveAverage");
        Tensor out =
                Tensor.allocate("adaptiveAverage", x.device(), x.dtype(), Shape.of(x.dim(0), x.dim(1), height, width));
        for (int i = 0; i < height; i++) {
            int top = i * x.dim(2) / height;
            int bottom = Math.ceilDiv((i + 1) * x.dim(2), height);
            for (int j = 0; j < width; j++) {
                int left = j * x.dim(3) / width;
                int right = Math.ceilDiv((j + 1) * x.dim(3), width);
                Tensor window = x.narrow(2, top, bottom - top).narrow(3, left, right - left);
                out.select(3, j).select(2, i).copyInPlace(window.mean(2, 3));
            }
        }
        return out;
    }

    private static void requireOutput(String op, Shape expected, Shape actual) {
        if (!expected.equals(actual)) {
            throw new ShapeException(op + ": gradient " + actual + " should have the output's shape " + expected);
        }
    }
}
