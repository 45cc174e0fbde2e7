package espalier.gpu;

import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import espalier.autograd.Variable;
import espalier.autograd.check.GradCheck;
import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Losses;
import espalier.autograd.op.Normalizations;
import espalier.autograd.op.Poolings;
import espalier.autograd.op.Shrinkage;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Gradients that the device computes against slopes that it computes: in single precision, with the tolerance that this
 * takes, and in double precision where the device has it.
 */
class GradientTest {
    private final List<DynamicTest> tests = new ArrayList<>();

    @TestFactory
    Stream<DynamicTest> singles() {
        elementwise();
        products();
        convolutions();
        normalizationsAndLosses();
        return tests.stream();
    }

    @TestFactory
    Stream<DynamicTest> doubles() {
        exact(
                "product",
                in -> in.get(0).matmul(in.get(1).t()),
                check -> check.input(4, 5).input(3, 5));
        exact("gelu", in -> in.getFirst().gelu(), check -> check.input(9));
        return tests.stream();
    }

    private void check(
            String name,
            Function<List<Variable>, Variable> function,
            Function<GradCheck, GradCheck> inputs,
            UnaryOperator<GradCheck> precision) {
        tests.add(dynamicTest(
                name,
                () -> precision
                        .apply(inputs.apply(GradCheck.of(name, function)))
                        .verify()));
    }

    private void single(
            String name, Function<List<Variable>, Variable> function, Function<GradCheck, GradCheck> inputs) {
        check(
                name,
                function,
                inputs,
                check -> check.on(TestDevice.first(), DType.F32).step(1e-2).tolerance(1e-2));
    }

    private void exact(
            String name, Function<List<Variable>, Variable> function, Function<GradCheck, GradCheck> inputs) {
        check(name + " in double precision", function, inputs, check -> {
            Device device = TestDevice.first();
            assumeTrue(hasDoubles(device), "the device has no double precision");
            return check.on(device, DType.F64);
        });
    }

    private static boolean hasDoubles(Device device) {
        try {
            device.backend().allocate(DType.F64, 1).release();
            return true;
        } catch (IllegalArgumentException no) {
            return false;
        }
    }

    private void one(String name, UnaryOperator<Variable> function, int... dims) {
        single(name, in -> function.apply(in.getFirst()), check -> check.input(dims));
    }

    private void elementwise() {
        one("tanh, sigmoid", x -> x.tanh().add(x.sigmoid()), 3, 5);
        one("gelu, silu", x -> x.gelu().mul(x.silu()), 15);
        one("softplus, square", x -> x.softplus().add(x.square()), 4, 4);
        single("relu", in -> in.getFirst().relu(), check -> check.input(20).avoiding(0));
        single(
                "exp, log, sqrt",
                in -> in.getFirst()
                        .log()
                        .add(in.getFirst().sqrt())
                        .sub(in.getFirst().exp()),
                check -> check.input(7).between(0.5, 2));
        single(
                "quotient of broadcasts",
                in -> in.get(0).div(in.get(1)),
                check -> check.input(2, 3, 4).input(3, 1).between(1, 2));
        single(
                "soft threshold",
                in -> in.get(0).softThreshold(in.get(1)),
                check -> check.input(30).avoiding(-0.5, 0.5).input().between(0.49, 0.51));
        single(
                "sums and maxima of views",
                in -> in.getFirst().t().flip(0).sum(1).add(in.getFirst().max(0)),
                check -> check.input(4, 6).distinct());
        one("embedding", x -> x.embedding(indices(2, 0, 4, 2)), 5, 3);
    }

    private void products() {
        single(
                "product",
                in -> in.get(0).matmul(in.get(1)),
                check -> check.input(5, 7).input(7, 3));
        single(
                "product of views",
                in -> in.get(0).t().matmul(in.get(1).t()),
                check -> check.input(7, 5).input(3, 7));
        single(
                "batch of products",
                in -> in.get(0).matmul(in.get(1)),
                check -> check.input(2, 3, 4, 5).input(3, 5, 2));
    }

    private void convolutions() {
        ConvSpec plain = ConvSpec.of();
        convolution("convolution", plain.withPadding(1), new int[] {2, 3, 5, 4}, new int[] {4, 3, 3, 3});
        convolution("1x1", plain, new int[] {2, 3, 3, 3}, new int[] {4, 3, 1, 1});
        convolution("strided", plain.withStride(2).withPadding(1), new int[] {2, 2, 6, 5}, new int[] {3, 2, 3, 3});
        convolution("dilated", plain.withDilation(2).withPadding(2), new int[] {1, 2, 6, 5}, new int[] {2, 2, 3, 3});
        convolution("grouped", plain.withGroups(2), new int[] {2, 4, 4, 4}, new int[] {6, 2, 3, 3});
        convolution("depthwise", plain.withGroups(3).withPadding(1), new int[] {1, 3, 4, 5}, new int[] {3, 1, 3, 3});
        PoolSpec windows = PoolSpec.of(3, 2).withPadding(1);
        single(
                "max pooling",
                in -> Poolings.max(windows, in.getFirst()),
                check -> check.input(2, 2, 5, 6).distinct());
        one("average pooling", x -> Poolings.average(windows, x), 2, 2, 5, 6);
    }

    private void convolution(String name, ConvSpec spec, int[] x, int[] w) {
        single(
                name,
                in -> Convolutions.conv2d(spec, in.get(0), in.get(1), Optional.of(in.get(2))),
                check -> check.input(x).input(w).input(w[0]));
    }

    private void normalizationsAndLosses() {
        single(
                "batch norm",
                in -> Normalizations.batchNorm(in.get(0), in.get(1), in.get(2), 1e-2)
                        .output(),
                check -> check.input(4, 3, 2, 2).input(3).input(3));
        single(
                "layer norm",
                in -> Normalizations.layerNorm(in.get(0), in.get(1), in.get(2), 1e-2),
                check -> check.input(3, 5).input(5).input(5));
        one("softmax", Losses::softmax, 3, 5);
        one("log softmax", Losses::logSoftmax, 3, 5);
        one("cross-entropy", x -> Losses.crossEntropy(x, indices(2, 0, 4, 2), 0.1), 4, 5);
        single(
                "shrinkage of filters",
                in -> Shrinkage.groups(in.get(0), in.get(1), 1, 2, 3),
                check -> check.input(5, 2, 3, 3).input().between(2, 2.1));
    }

    private static Tensor indices(int... values) {
        return Tensor.of(TestDevice.first(), values, Shape.of(values.length));
    }
}
