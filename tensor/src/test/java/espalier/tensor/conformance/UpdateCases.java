package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.SgdSpec;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;

/** The steps of optimizers against their formulas in double precision. Tolerance for F32: 2e-6 of 1 + |value|. */
final class UpdateCases {
    private final Device device;

    private UpdateCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        UpdateCases cases = new UpdateCases(device);
        Set<DType> types = EnumSet.of(DType.F32, DType.F64);
        types.retainAll(limits.types());
        return types.stream()
                .flatMap(type -> Stream.of(
                        new Case("sgdStep of " + type, () -> cases.sgd(type)),
                        new Case("adamStep of " + type, () -> cases.adam(type))));
    }

    private static double tolerance(DType type) {
        return type == DType.F64 ? 1e-12 : 2e-6;
    }

    private void sgd(DType type) {
        List<SgdSpec> specs = List.of(
                new SgdSpec(0.1, 0, 0, false),
                new SgdSpec(0.1, 0, 0.01, false),
                new SgdSpec(0.05, 0.9, 0, false),
                new SgdSpec(0.05, 0.9, 0.01, false),
                new SgdSpec(0.05, 0.5, 0.01, true));
        long seed = 1;
        for (Shape shape : Grid.shapes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                for (SgdSpec spec : specs) {
                    Operand g = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                    double[] w = Samples.TAME.values(type, shape.size(), seed++);
                    double[] v = Samples.TAME.values(type, shape.size(), seed++);
                    Target weight = holding(type, shape, w);
                    Target velocity = holding(type, shape, v);
                    device.backend()
                            .sgdStep(
                                    spec,
                                    weight.view(),
                                    g.tensor(),
                                    spec.momentum() > 0 ? Optional.of(velocity.view()) : Optional.empty());
                    for (int i = 0; i < w.length; i++) {
                        double slope = g.values()[i] + spec.decay() * w[i];
                        double speed = spec.momentum() * v[i] + slope;
                        if (spec.momentum() > 0) {
                            v[i] = speed;
                        } else {
                            speed = slope;
                        }
                        w[i] -= spec.rate() * (spec.nesterov() ? slope + spec.momentum() * speed : speed);
                    }
                    String what = spec + " with g " + g.name();
                    Expect.near(what, w, tolerance(type), weight.written(what));
                    Expect.near("velocity of " + what, v, tolerance(type), velocity.written(what));
                }
            }
        }
    }

    private void adam(DType type) {
        List<AdamSpec> specs = List.of(
                new AdamSpec(0.1, 0.9, 0.999, 1e-8, 0, false, 1),
                new AdamSpec(0.1, 0.9, 0.99, 1e-3, 0.01, false, 2),
                new AdamSpec(0.01, 0, 0.9, 0.1, 0.1, true, 1000));
        long seed = 1;
        for (Shape shape : Grid.shapes()) {
            for (Arrangement arrangement : Arrangement.values()) {
                for (AdamSpec spec : specs) {
                    Operand g = Operand.of(device, type, shape, arrangement, Samples.TAME, seed++);
                    double[] w = Samples.TAME.values(type, shape.size(), seed++);
                    double[] m = Samples.TAME.values(type, shape.size(), seed++);
                    double[] u = Samples.POSITIVE_TAME.values(type, shape.size(), seed++);
                    Target weight = holding(type, shape, w);
                    Target first = holding(type, shape, m);
                    Target second = holding(type, shape, u);
                    device.backend().adamStep(spec, weight.view(), g.tensor(), first.view(), second.view());
                    for (int i = 0; i < w.length; i++) {
                        double slope = g.values()[i] + (spec.decoupled() ? 0 : spec.decay() * w[i]);
                        m[i] = spec.beta1() * m[i] + (1 - spec.beta1()) * slope;
                        u[i] = spec.beta2() * u[i] + (1 - spec.beta2()) * slope * slope;
                        double kept = spec.decoupled() ? w[i] - spec.rate() * spec.decay() * w[i] : w[i];
                        double mean = m[i] / (1 - Math.pow(spec.beta1(), spec.step()));
                        double square = u[i] / (1 - Math.pow(spec.beta2(), spec.step()));
                        w[i] = kept - spec.rate() * mean / (Math.sqrt(square) + spec.epsilon());
                    }
                    String what = spec + " with g " + g.name();
                    // Where the root is small, the quotient is large and so is its rounding error.
                    Expect.near(what, w, 20 * tolerance(type), weight.written(what));
                    Expect.near("first moment of " + what, m, tolerance(type), first.written(what));
                    Expect.near("second moment of " + what, u, tolerance(type), second.written(what));
                }
            }
        }
    }

    /** A place to write that holds these values. */
    private Target holding(DType type, Shape shape, double[] values) {
        Target target = Target.of(device, type, shape);
        Tensor packed = Operand.upload(device, type, values, shape);
        device.backend().copy(packed, target.view());
        return target;
    }
}
