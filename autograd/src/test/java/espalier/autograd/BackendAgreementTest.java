package espalier.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Losses;
import espalier.autograd.op.Normalizations;
import espalier.autograd.op.Poolings;
import espalier.autograd.op.Shrinkage;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Whole networks in single precision on this machine's fast back end, against double precision on the plain one: the
 * gradient checks run only there.
 */
class BackendAgreementTest {
    /** A place to run: makes parameters and data of its type from one sequence of random numbers. */
    private static final class Site {
        final Device device;
        final DType dtype;
        final List<Variable> parameters = new ArrayList<>();
        private int drawn;

        Site(Device device, DType dtype) {
            this.device = device;
            this.dtype = dtype;
        }

        Tensor data(int... dims) {
            Tensor values = RandomSource.of(++drawn).normal(Device.reference(), Shape.of(dims));
            return values.to(dtype).to(device);
        }

        Variable weight(int... dims) {
            Variable made = Variable.parameter(data(dims).mul(0.3));
            parameters.add(made);
            return made;
        }

        Tensor labels(int... values) {
            return Tensor.of(device, values, Shape.of(values.length));
        }
    }

    private interface Network {
        Variable loss(Site site);
    }

    private static void assertAgree(Network network) {
        Site fast = new Site(Device.cpu(), DType.F32);
        Site exact = new Site(Device.reference(), DType.F64);
        Variable fastLoss = network.loss(fast);
        Variable exactLoss = network.loss(exact);
        assertEquals(
                exactLoss.value().item(),
                fastLoss.value().item(),
                1e-4 * Math.max(1, exactLoss.value().item()));
        fastLoss.backward();
        exactLoss.backward();
        for (int i = 0; i < exact.parameters.size(); i++) {
            double[] expected = exact.parameters.get(i).gradient().orElseThrow().toDoubles();
            double[] actual = fast.parameters.get(i).gradient().orElseThrow().toDoubles();
            double largest = 0;
            for (double value : expected) {
                largest = Math.max(largest, Math.abs(value));
            }
            for (int k = 0; k < expected.length; k++) {
                int at = k;
                assertEquals(expected[k], actual[k], 2e-4 * largest + 1e-6, () -> "element " + at + " of a parameter");
            }
        }
    }

    @Test
    void convolutionalNetwork() {
        assertAgree(site -> {
            Variable x = Variable.constant(site.data(5, 3, 13, 11));
            Variable first = Convolutions.conv2d(
                    ConvSpec.of().withPadding(1), x, site.weight(8, 3, 3, 3), Optional.of(site.weight(8)));
            Variable normal = Normalizations.batchNorm(first, site.weight(8), site.weight(8), 1e-5)
                    .output();
            Variable pooled = Poolings.max(PoolSpec.of(2, 2), normal.relu());
            Variable depthwise = Convolutions.conv2d(
                    ConvSpec.of().withGroups(8).withPadding(1).withStride(2), pooled, site.weight(8, 1, 3, 3));
            Variable pointwise = Convolutions.conv2d(ConvSpec.of(), depthwise.silu(), site.weight(17, 8, 1, 1));
            Variable features = Poolings.globalAverage(pointwise.gelu());
            Variable logits = features.matmul(site.weight(17, 10)).add(site.weight(10));
            return Losses.crossEntropy(logits, site.labels(3, 1, 4, 1, 5), 0.1);
        });
    }

    @Test
    void residualNetworkWithAverages() {
        assertAgree(site -> {
            Variable x = Variable.constant(site.data(2, 4, 9, 9));
            Variable branch =
                    Convolutions.conv2d(ConvSpec.of().withPadding(2).withDilation(2), x, site.weight(4, 4, 3, 3));
            Variable sum = Normalizations.scaleShift(branch, site.weight(4), site.weight(4))
                    .add(x)
                    .leakyRelu(0.1);
            Variable pooled = Poolings.average(PoolSpec.of(3, 2).withPadding(1).withCountPadding(false), sum);
            return Poolings.adaptiveAverage(pooled, 2, 2).flatten(1).square().mean();
        });
    }

    @Test
    void sparseWeights() {
        assertAgree(site -> {
            Variable x = Variable.constant(site.data(7, 19));
            Variable sparse =
                    site.weight(19, 33).softThreshold(site.weight().sigmoid().mul(0.5));
            Variable grouped =
                    Shrinkage.groups(site.weight(33, 5), site.weight().exp().mul(0.3), 1);
            return Losses.distillation(x.matmul(sparse).tanh().matmul(grouped), site.data(7, 5), 2);
        });
    }

    @Test
    void sequenceNetwork() {
        assertAgree(site -> {
            Variable table = site.weight(11, 6);
            Variable x = table.embedding(site.labels(1, 10, 0, 3, 3, 7).reshape(2, 3)); // [2, 3, 6]
            Variable normal = Normalizations.layerNorm(x, site.weight(6), site.weight(6), 1e-5);
            Variable scores = normal.matmul(normal.t()).div(Math.sqrt(6)); // [2, 3, 3]
            Variable mixed = Losses.softmax(scores).matmul(normal).add(x); // [2, 3, 6]
            Variable wave = Convolutions.conv1d(
                    ConvSpec.of().withPadding(1), mixed.transpose(1, 2), site.weight(4, 6, 3), Optional.empty());
            return Losses.bceWithLogits(
                    wave.logSumExp(false, 2), Variable.constant(site.data(2, 4).sigmoid()));
        });
    }

    /** Sums, transposes and flips hand on gradients that are stretched, permuted or reversed views. */
    @Test
    void gradientsThatAreViews() {
        ConvSpec same = ConvSpec.of().withPadding(1);
        assertAgree(site -> Convolutions.conv2d(
                        same, site.weight(3, 4, 7, 9), site.weight(5, 4, 3, 3), Optional.of(site.weight(5)))
                .sum());
        assertAgree(site -> Convolutions.conv2d(same, site.weight(3, 4, 7, 9), site.weight(5, 4, 3, 3))
                .transpose(2, 3)
                .flip(1)
                .square()
                .mean());
        assertAgree(site -> Convolutions.conv2d(
                        same,
                        site.weight(9, 4, 3, 7).permute(0, 1, 3, 2),
                        site.weight(4, 8, 3, 3).transpose(0, 1))
                .sum(0)
                .mean());
        assertAgree(
                site -> Normalizations.batchNorm(site.weight(3, 4, 7, 9).flip(3), site.weight(4), site.weight(4), 1e-5)
                        .output()
                        .select(0, 1)
                        .sum());
        assertAgree(
                site -> Poolings.max(PoolSpec.of(3, 2), site.weight(2, 9, 8, 3).permute(0, 3, 2, 1))
                        .sum());
        assertAgree(site -> Poolings.average(
                        PoolSpec.of(2, 1), site.weight(2, 9, 8, 3).permute(0, 3, 2, 1))
                .sum(2)
                .mean());
        assertAgree(site ->
                Losses.logSoftmax(site.weight(9, 5).t()).flip(0).select(1, 2).sum());
        assertAgree(site -> Normalizations.standardize(site.weight(9, 5).t(), 1e-5)
                .t()
                .slice(0, 1, 9, 3)
                .exp()
                .sum());
        assertAgree(
                site -> site.weight(17, 9).t().matmul(site.weight(5, 17).t()).sum());
        assertAgree(site ->
                site.weight(9, 17).t().gelu().tanh().sigmoid().flip(0).sum(1).mean());
    }
}
