package espalier.autograd;

import static espalier.autograd.GradientCase.doubles;
import static espalier.autograd.GradientCase.indices;

import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Decompositions;
import espalier.autograd.op.Losses;
import espalier.autograd.op.Normalizations;
import espalier.autograd.op.Poolings;
import espalier.autograd.op.Shrinkage;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Convolutions over strides, paddings, dilations and groups; pooling; normalization; losses; shrinkage. */
final class NetworkCases {
    private final List<GradientCase> cases = new ArrayList<>();

    static List<GradientCase> all() {
        NetworkCases all = new NetworkCases();
        all.convolutions();
        all.transposed();
        all.poolings();
        all.normalizations();
        all.losses();
        all.shrinkage();
        all.decompositions();
        return all.cases;
    }

    private void decompositions() {
        for (int[] shape : new int[][] {{1, 1}, {3, 3}, {4, 2}, {2, 5}}) {
            String svd = "Decompositions.svd(Variable)";
            cases.add(GradientCase.of(svd, in -> Decompositions.svd(in.get(0)).u(), check -> check.input(shape)));
            cases.add(GradientCase.of(svd, in -> Decompositions.svd(in.get(0)).s(), check -> check.input(shape)));
            cases.add(GradientCase.of(svd, in -> Decompositions.svd(in.get(0)).v(), check -> check.input(shape)));
        }
        for (int n : new int[] {1, 2, 5}) {
            cases.add(GradientCase.of(
                    "Decompositions.cholesky(Variable)",
                    in -> Decompositions.cholesky(definite(in.get(0))),
                    check -> check.input(n, n)));
        }
        for (int[] rhs : new int[][] {{3}, {3, 1}, {3, 4}}) {
            cases.add(GradientCase.of(
                    "Decompositions.choleskySolve(Variable, Variable)",
                    in -> Decompositions.choleskySolve(definite(in.get(0)), in.get(1)),
                    check -> check.input(3, 3).input(rhs)));
            cases.add(GradientCase.of(
                    "Decompositions.leastSquares(Variable, Variable, double)",
                    in -> Decompositions.leastSquares(in.get(0), in.get(1), rhs.length),
                    check -> check.input(3, 2).input(rhs)));
        }
        cases.add(GradientCase.of(
                "Decompositions.leastSquares(Variable, Variable, double)",
                in -> Decompositions.leastSquares(in.get(0), in.get(1), 0),
                check -> check.input(5, 2).input(5)));
    }

    /** Not symmetric, but with a lower triangle that belongs to a positive definite matrix. */
    private static Variable definite(Variable x) {
        int n = x.value().dim(0);
        return x.add(Variable.constant(
                Tensor.eye(Device.reference(), n).to(DType.F64).mul(4.0 * n)));
    }

    private void convolutions() {
        ConvSpec plain = ConvSpec.of();
        convolution(plain, new int[] {2, 3, 5, 4}, new int[] {2, 3, 3, 2});
        convolution(plain, new int[] {1, 2, 3, 3}, new int[] {4, 2, 1, 1});
        convolution(plain.withPadding(1), new int[] {2, 2, 5, 5}, new int[] {3, 2, 3, 3});
        convolution(plain.withStride(2).withPadding(1), new int[] {2, 2, 5, 6}, new int[] {3, 2, 3, 3});
        convolution(plain.withStride(3), new int[] {1, 1, 8, 7}, new int[] {1, 1, 2, 2}); // leaves a rest
        convolution(plain.withDilation(2).withPadding(2), new int[] {1, 2, 6, 5}, new int[] {2, 2, 3, 3});
        convolution(plain.withGroups(2), new int[] {2, 4, 4, 4}, new int[] {6, 2, 3, 3});
        convolution(plain.withGroups(3).withPadding(1), new int[] {1, 3, 4, 5}, new int[] {3, 1, 3, 3}); // depthwise
        convolution(new ConvSpec(2, 1, 0, 2, 1, 2, 2), new int[] {1, 4, 5, 5}, new int[] {2, 2, 2, 3});
        for (ConvSpec spec : List.of(plain, new ConvSpec(1, 2, 0, 1, 1, 2, 1), plain.withPadding(2))) {
            cases.add(GradientCase.of(
                    "Convolutions.conv1d(ConvSpec, Variable, Variable, Optional)",
                    in -> Convolutions.conv1d(spec, in.get(0), in.get(1), Optional.of(in.get(2))),
                    check -> check.input(2, 2, 9).input(3, 2, 3).input(3)));
        }
        cases.add(GradientCase.of(
                "Convolutions.conv1d(ConvSpec, Variable, Variable, Optional)",
                in -> Convolutions.conv1d(plain.withGroups(2), in.get(0), in.get(1), Optional.empty()),
                check -> check.input(1, 4, 7).input(2, 2, 4)));
    }

    private void convolution(ConvSpec spec, int[] x, int[] w) {
        cases.add(GradientCase.of(
                "Convolutions.conv2d(ConvSpec, Variable, Variable)",
                in -> Convolutions.conv2d(spec, in.get(0), in.get(1)),
                check -> check.input(x).input(w)));
        cases.add(GradientCase.of(
                "Convolutions.conv2d(ConvSpec, Variable, Variable, Optional)",
                in -> Convolutions.conv2d(spec, in.get(0), in.get(1), Optional.of(in.get(2))),
                check -> check.input(x).input(w).input(w[0])));
    }

    private void transposed() {
        ConvSpec plain = ConvSpec.of();
        transposed(plain, 0, new int[] {2, 3, 3, 4}, new int[] {3, 2, 3, 2});
        transposed(plain.withStride(2), 0, new int[] {1, 2, 3, 3}, new int[] {2, 3, 2, 2});
        transposed(plain.withStride(2).withPadding(1), 1, new int[] {2, 2, 3, 3}, new int[] {2, 3, 3, 3});
        transposed(plain.withDilation(2), 0, new int[] {1, 2, 3, 3}, new int[] {2, 1, 2, 2});
        transposed(plain.withGroups(2).withStride(2), 0, new int[] {1, 4, 2, 3}, new int[] {4, 3, 3, 3});
    }

    private void transposed(ConvSpec spec, int outputPadding, int[] x, int[] w) {
        String operation = "Convolutions.convTranspose2d(ConvSpec, Variable, Variable, Optional, int)";
        cases.add(GradientCase.of(
                operation,
                in -> Convolutions.convTranspose2d(spec, in.get(0), in.get(1), Optional.of(in.get(2)), outputPadding),
                check -> check.input(x).input(w).input(w[1] * spec.groups())));
        cases.add(GradientCase.of(
                operation,
                in -> Convolutions.convTranspose2d(spec, in.get(0), in.get(1), Optional.empty(), outputPadding),
                check -> check.input(x).input(w)));
    }

    private void poolings() {
        List<PoolSpec> specs = List.of(
                PoolSpec.of(2, 2),
                PoolSpec.of(3, 2),
                PoolSpec.of(3, 1).withPadding(1),
                PoolSpec.of(3, 2).withPadding(1).withCeilMode(true),
                PoolSpec.of(2, 3).withCeilMode(true),
                PoolSpec.of(3, 2).withPadding(1).withCountPadding(false),
                new PoolSpec(1, 3, 2, 1, 0, 1, false, true));
        for (PoolSpec spec : specs) {
            cases.add(GradientCase.of(
                    "Poolings.max(PoolSpec, Variable)",
                    in -> Poolings.max(spec, in.get(0)),
                    check -> check.input(2, 2, 5, 6).distinct()));
            one("Poolings.average(PoolSpec, Variable)", x -> Poolings.average(spec, x), 2, 2, 5, 6);
        }
        for (boolean relu : new boolean[] {false, true}) {
            String operation = "Convolutions.convMaxPool(ConvSpec, PoolSpec, Variable, Variable, Optional, boolean)";
            ConvSpec spec = ConvSpec.of().withPadding(1);
            PoolSpec pool = relu ? PoolSpec.of(3, 2).withPadding(1) : PoolSpec.of(2, 2);
            cases.add(GradientCase.of(
                    operation,
                    in -> Convolutions.convMaxPool(spec, pool, in.get(0), in.get(1), Optional.of(in.get(2)), relu),
                    check -> check.input(2, 2, 5, 6).input(3, 2, 3, 3).input(3)));
            cases.add(GradientCase.of(
                    operation,
                    in -> Convolutions.convMaxPool(spec, pool, in.get(0), in.get(1), Optional.empty(), relu),
                    check -> check.input(2, 2, 5, 6).input(3, 2, 3, 3)));
        }
        one("Poolings.globalAverage(Variable)", Poolings::globalAverage, 2, 3, 4, 5);
        one("Poolings.adaptiveAverage(Variable, int, int)", x -> Poolings.adaptiveAverage(x, 2, 3), 1, 2, 4, 6);
        one("Poolings.adaptiveAverage(Variable, int, int)", x -> Poolings.adaptiveAverage(x, 3, 2), 2, 1, 7, 5);
        one("Poolings.adaptiveAverage(Variable, int, int)", x -> Poolings.adaptiveAverage(x, 5, 1), 1, 1, 3, 4);
    }

    private void normalizations() {
        for (int[] dims : new int[][] {{4, 3}, {2, 3, 5}, {3, 2, 4, 3}}) {
            int c = dims[1];
            cases.add(GradientCase.of(
                    "Normalizations.batchNorm(Variable, Variable, Variable, double)",
                    in -> Normalizations.batchNorm(in.get(0), in.get(1), in.get(2), 1e-3)
                            .output(),
                    check -> check.input(dims).input(c).input(c)));
            cases.add(GradientCase.of(
                    "Normalizations.batchNormRelu(Variable, Variable, Variable, double)",
                    in -> Normalizations.batchNormRelu(in.get(0), in.get(1), in.get(2), 1e-3)
                            .output(),
                    check -> check.input(dims).input(c).input(c)));
            cases.add(GradientCase.of(
                    "Normalizations.scaleShift(Variable, Variable, Variable)",
                    in -> Normalizations.scaleShift(in.get(0), in.get(1), in.get(2)),
                    check -> check.input(dims).input(c).input(c)));
            Tensor mean = Tensor.full(Device.reference(), DType.F64, Shape.of(c), 0.3);
            Tensor variance = Tensor.full(Device.reference(), DType.F64, Shape.of(c), 2.1);
            cases.add(GradientCase.of(
                    "Normalizations.batchNormInference(Variable, Variable, Variable, Tensor, Tensor, double)",
                    in -> Normalizations.batchNormInference(in.get(0), in.get(1), in.get(2), mean, variance, 1e-3),
                    check -> check.input(dims).input(c).input(c)));
        }
        for (boolean relu : new boolean[] {false, true}) {
            String operation =
                    "Normalizations.convBatchNorm(ConvSpec, Variable, Variable, Variable, Variable, Optional, boolean, double)";
            ConvSpec spec = ConvSpec.of().withStride(relu ? 2 : 1).withPadding(1);
            int[] made =
                    spec.outputShape(Shape.of(2, 2, 5, 4), Shape.of(3, 2, 3, 3)).toArray();
            cases.add(GradientCase.of(
                    operation,
                    in -> Normalizations.convBatchNorm(
                                    spec, in.get(0), in.get(1), in.get(2), in.get(3), Optional.empty(), relu, 1e-3)
                            .output(),
                    check -> check.input(2, 2, 5, 4).input(3, 2, 3, 3).input(3).input(3)));
            cases.add(GradientCase.of(
                    operation,
                    in -> Normalizations.convBatchNorm(
                                    spec,
                                    in.get(0),
                                    in.get(1),
                                    in.get(2),
                                    in.get(3),
                                    Optional.of(in.get(4)),
                                    relu,
                                    1e-3)
                            .output(),
                    check -> check.input(2, 2, 5, 4)
                            .input(3, 2, 3, 3)
                            .input(3)
                            .input(3)
                            .input(made)));
        }
        one("Normalizations.standardize(Variable, double)", x -> Normalizations.standardize(x, 1e-3), 7);
        one("Normalizations.standardize(Variable, double)", x -> Normalizations.standardize(x, 1e-3), 2, 3, 5);
        cases.add(GradientCase.of(
                "Normalizations.layerNorm(Variable, Variable, Variable, double)",
                in -> Normalizations.layerNorm(in.get(0), in.get(1), in.get(2), 1e-3),
                check -> check.input(2, 3, 5).input(5).input(5)));
    }

    private void losses() {
        Tensor labels = indices(new int[] {2, 0, 4, 4}, 4);
        one("Losses.softmax(Variable)", Losses::softmax, 2, 3, 5);
        one("Losses.softmax(Variable)", Losses::softmax, 1);
        one("Losses.logSoftmax(Variable)", Losses::logSoftmax, 3, 5);
        one("Losses.crossEntropy(Variable, Tensor)", x -> Losses.crossEntropy(x, labels), 4, 5);
        one("Losses.crossEntropy(Variable, Tensor, double)", x -> Losses.crossEntropy(x, labels, 0.1), 4, 5);
        one("Losses.crossEntropy(Variable, Tensor, double)", x -> Losses.crossEntropy(x, labels, 1), 4, 5);
        one("Losses.nll(Variable, Tensor)", x -> Losses.nll(x, labels), 4, 5);
        cases.add(GradientCase.of(
                "Losses.mse(Variable, Variable)",
                in -> Losses.mse(in.get(0), in.get(1)),
                check -> check.input(3, 2).input(3, 2)));
        cases.add(GradientCase.of(
                "Losses.l1(Variable, Variable)",
                in -> Losses.l1(in.get(0), in.get(1)),
                check -> check.input(3, 2).between(0, 1).input(3, 2).between(1.1, 2)));
        cases.add(GradientCase.of(
                "Losses.huber(Variable, Variable, double)",
                in -> Losses.huber(in.get(0), in.get(1), 0.5),
                check -> check.input(3, 5).input(3, 5)));
        cases.add(GradientCase.of(
                "Losses.bceWithLogits(Variable, Variable)",
                in -> Losses.bceWithLogits(in.get(0), in.get(1)),
                check -> check.input(3, 2).between(-5, 5).input(3, 2).between(0, 1)));
        Tensor p = doubles(new double[] {0.2, 0.5, 0.3, 1, 0, 0}, 2, 3);
        one("Losses.klDivergence(Variable, Tensor)", x -> Losses.klDivergence(Losses.logSoftmax(x), p), 2, 3);
        Tensor teacher = doubles(new double[] {0.2, -0.5, 3, 1, 0, -2}, 2, 3);
        one("Losses.distillation(Variable, Tensor, double)", x -> Losses.distillation(x, teacher, 4), 2, 3);
        one(
                "Losses.distillation(Variable, Tensor, double)",
                x -> Losses.distillation(x, Softmax.logSoftmax(teacher), 0.7),
                2,
                3);
    }

    private void shrinkage() {
        String operation = "Shrinkage.groups(Variable, Variable, int[])";
        cases.add(GradientCase.of( // norms of filters of 18 weights from −2 to 2 are about 5: some live, some die
                operation,
                in -> Shrinkage.groups(in.get(0), in.get(1), 1, 2, 3),
                check -> check.input(5, 2, 3, 3).input().between(4.5, 4.6)));
        cases.add(GradientCase.of(
                operation,
                in -> Shrinkage.groups(in.get(0), in.get(1), 1),
                check -> check.input(4, 3).input(4, 1).between(0.4, 0.5)));
        cases.add(GradientCase.of(
                operation,
                in -> Shrinkage.groups(in.get(0), in.get(1)),
                check -> check.input(7).input().between(0.4, 0.5)));
    }

    private void one(String operation, UnaryOperator<Variable> function, int... dims) {
        cases.add(GradientCase.of(operation, in -> function.apply(in.get(0)), check -> check.input(dims)));
    }
}
