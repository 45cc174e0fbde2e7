package espalier.autograd.check;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Where the values of one argument come from.
 *
 * @param shape of the argument
 * @param fixed the values themselves, if they were given
 * @param low the least random value
 * @param high the largest
 * @param kinks values to stay away from
 * @param distinct whether no two values may be close to each other
 */
record Sampling(Shape shape, Optional<Tensor> fixed, double low, double high, List<Double> kinks, boolean distinct) {
    /** How far values stay from a kink, and from each other if distinct: far more than the step of a difference. */
    static final double MARGIN = 0.05;

    static Sampling of(Shape shape) {
        return new Sampling(shape, Optional.empty(), -2, 2, List.of(), false);
    }

    static Sampling of(Tensor values) {
        return new Sampling(values.shape(), Optional.of(values), 0, 0, List.of(), false);
    }

    Sampling between(double least, double most) {
        return new Sampling(shape, fixed, least, most, kinks, distinct);
    }

    Sampling avoiding(List<Double> values) {
        return new Sampling(shape, fixed, low, high, values, distinct);
    }

    Sampling withDistinct() {
        return new Sampling(shape, fixed, low, high, kinks, true);
    }

    double[] draw(RandomSource random) {
        if (fixed.isPresent()) {
            return fixed.get().toDoubles();
        }
        int[] order = random.permutation(shape.size());
        double gap = 3 * MARGIN;
        DoubleUnaryOperator value = distinct
                ? place -> (place - shape.size() / 2.0) * gap + MARGIN * random.nextDouble()
                : place -> low + (high - low) * random.nextDouble();
        double[] values = new double[order.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = awayFromKinks(value.applyAsDouble(order[i]));
        }
        return values;
    }

    /** Moves a value that is too close to a kink to one side of it. */
    private double awayFromKinks(double value) {
        for (double kink : kinks) {
            if (Math.abs(value - kink) < MARGIN) {
                return kink + (value < kink ? -MARGIN : MARGIN);
            }
        }
        return value;
    }

    Tensor tensor(double[] values) {
        return Tensor.of(Device.reference(), values, shape);
    }
}
