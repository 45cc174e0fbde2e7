package espalier.nn;

import espalier.tensor.DType;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * How a weight starts: a function of its shape and a source of random numbers.
 *
 * <p>Fan-in is the number of inputs that one output sums over: {@code in} for a linear weight {@code [out, in]},
 * {@code I·kH·kW} for a convolution's {@code [O, I, kH, kW]}; fan-out is that of the transposed map.
 */
@FunctionalInterface
public interface Initializer {
    /** F32 values of a shape. */
    Tensor values(Init init, Shape shape);

    /** Normal with variance 2/fan-in, for layers followed by ReLU (He et al. 2015, equation 10). */
    static Initializer kaimingNormal() {
        return (init, shape) -> normal(init, shape, Math.sqrt(2.0 / fanIn(shape)));
    }

    /** Even between ±√(6/fan-in), the same variance as {@link #kaimingNormal}. */
    static Initializer kaimingUniform() {
        return (init, shape) -> uniform(init, shape, Math.sqrt(6.0 / fanIn(shape)));
    }

    /** Even between ±√(6/(fan-in + fan-out)) (Glorot and Bengio 2010, equation 16). */
    static Initializer xavierUniform() {
        return (init, shape) -> uniform(init, shape, Math.sqrt(6.0 / (fanIn(shape) + fanOut(shape))));
    }

    /** Normal with variance 2/(fan-in + fan-out). */
    static Initializer xavierNormal() {
        return (init, shape) -> normal(init, shape, Math.sqrt(2.0 / (fanIn(shape) + fanOut(shape))));
    }

    /** Even between ±√(3/fan-in): Caffe's "xavier" filler, with which the pruning literature's LeNet-5 starts. */
    static Initializer leNetCaffe() {
        return (init, shape) -> uniform(init, shape, Math.sqrt(3.0 / fanIn(shape)));
    }

    /** Even between ±1/√fan-in, the usual default for biases too. */
    static Initializer fanInUniform(int fanIn) {
        return (init, shape) -> uniform(init, shape, 1 / Math.sqrt(fanIn));
    }

    /** Normal with a standard deviation, drawn again while beyond two of them. */
    static Initializer truncatedNormal(double deviation) {
        return (init, shape) -> {
            RandomSource random = init.random();
            float[] values = new float[shape.size()];
            for (int i = 0; i < values.length; i++) {
                double z = random.nextGaussian();
                while (Math.abs(z) > 2) {
                    z = random.nextGaussian();
                }
                values[i] = (float) (deviation * z);
            }
            return Tensor.of(init.device(), values, shape);
        };
    }

    /** The same number everywhere. */
    static Initializer constant(double value) {
        return (init, shape) -> Tensor.full(init.device(), DType.F32, shape, value);
    }

    /** Inputs that one output sums over. */
    static int fanIn(Shape shape) {
        return shape.rank() < 2 ? shape.size() : shape.size() / Math.max(1, shape.dim(0));
    }

    /** Outputs that one input goes to. */
    static int fanOut(Shape shape) {
        return shape.rank() < 2 ? shape.size() : shape.size() / Math.max(1, shape.dim(1));
    }

    private static Tensor normal(Init init, Shape shape, double deviation) {
        return init.random().normal(init.device(), shape).mulInPlace(deviation);
    }

    private static Tensor uniform(Init init, Shape shape, double bound) {
        return init.random().uniform(init.device(), shape, -bound, bound);
    }
}
