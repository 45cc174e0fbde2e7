package espalier.autograd.op;

import static espalier.autograd.Edge.edge;

import espalier.autograd.Spec;
import espalier.autograd.Variable;
import espalier.tensor.Pooling;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.PoolSpec;

/** Pooling windows over {@code [N, C, H, W]}. */
public final class Poolings {
    private Poolings() {}

    /** The largest in each window. The gradient goes to where it was, of equals to the first in reading order. */
    public static Variable max(PoolSpec spec, Variable x) {
        Pooling.MaxPooled pooled = Pooling.max(spec, x.value());
        return Variable.of(
                "maxPool2d",
                new Spec.Pool(spec),
                pooled.values(),
                edge(x, g -> Pooling.maxGradient(spec, g, pooled.indices(), x.shape())));
    }

    /** The mean of each window. */
    public static Variable average(PoolSpec spec, Variable x) {
        return Variable.of(
                "avgPool2d",
                new Spec.Pool(spec),
                Pooling.average(spec, x.value()),
                edge(x, g -> Pooling.averageGradient(spec, g, x.shape())));
    }

    /** The mean of each plane: {@code [N, C, H, W] → [N, C]}. */
    public static Variable globalAverage(Variable x) {
        if (x.value().rank() != 4) {
            throw new ShapeException("globalAverage: input must be [N, C, H, W], not " + x.shape());
        }
        return x.mean(2, 3);
    }

    /**
     * Means over windows so chosen that the output has the given size: window i spans ⌊i·H/h⌋ to ⌈(i+1)·H/h⌉. An
     * element in several windows gets the sum of their gradients.
     */
    public static Variable adaptiveAverage(Variable x, int height, int width) {
        Tensor y = Pooling.adaptiveAverage(x.value(), height, width);
        return Variable.of("adaptiveAvgPool2d", y, edge(x, g -> {
            Tensor dx = Tensor.zeros(g.device(), g.dtype(), x.shape());
            for (int i = 0; i < height; i++) {
                int top = i * dx.dim(2) / height;
                int bottom = Math.ceilDiv((i + 1) * dx.dim(2), height);
                for (int j = 0; j < width; j++) {
                    int left = j * dx.dim(3) / width;
                    int right = Math.ceilDiv((j + 1) * dx.dim(3), width);
                    double each = 1.0 / ((bottom - top) * (right - left));
                    dx.narrow(2, top, bottom - top)
                            .narrow(3, left, right - left)
                            .addInPlace(g.narrow(2, i, 1).narrow(3, j, 1).mul(each));
                }
            }
            return dx;
        }));
    }
}
