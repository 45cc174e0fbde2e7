package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.gpu.TensorCores.Precision;
import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Discovery;
import espalier.tensor.Convolution;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Tensor cores where there are none: left alone with a reason, and their kernel right with the instruction emulated.
 */
class TensorCoresTest {
    private static CommandQueue queue() {
        TestDevice.first();
        return new CommandQueue(Discovery.now().devices().getFirst());
    }

    @AfterEach
    void nobodyAsksAnyMore() {
        System.clearProperty("espalier.gpu.tensorcores");
    }

    private static String described(Flavour flavour) {
        try (OpenClBackend backend = new OpenClBackend(queue(), flavour)) {
            Device device = new Device("own", backend);
            Tensor x = Tensor.full(device, DType.F32, Shape.of(3, 3), 1.0001);
            assertEquals(3 * 1.0001f * 1.0001f, x.matmul(x).get(1, 2), 1e-6, "not rounded");
            return backend.description();
        }
    }

    @Test
    void nobodyGetsThemUnasked() {
        assertTrue(!described(Flavour.GPU).contains("tensor cores"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"tf32", "f16"})
    void aDeviceWithoutThemSaysWhyTheyAreNotUsed(String precision) {
        System.setProperty("espalier.gpu.tensorcores", precision);
        String text = described(Flavour.GPU);
        assertTrue(text.contains("; tensor cores not used: kernel mma of mma.cl "), text);
        assertTrue(text.contains(" does not compile on "), text);
        assertTrue(described(Flavour.CPU).endsWith("; tensor cores not used: its kernels are those for processors"));
    }

    @Test
    void aWordThatIsNoPrecisionIsNamed() {
        System.setProperty("espalier.gpu.tensorcores", "fp8");
        String text = described(Flavour.GPU);
        assertTrue(text.endsWith("not used: espalier.gpu.tensorcores is tf32, f16 or off, and not fp8"), text);
    }

    /** Here the items of a warp take the rows of others. */
    @Test
    void wrongResultsAreFoundOut() {
        try (CommandQueue queue = queue()) {
            TensorCores cores = TensorCores.probe(queue, Precision.TF32, " -DEMULATED -DTURNED");
            assertEquals("tensor cores not used: a product of whole numbers was wrong there", cores.report());
            assertTrue(cores.options().isEmpty());
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void theKernelAroundTheInstructionIsRight(Precision precision) {
        CommandQueue queue = queue();
        try (OpenClBackend backend = new OpenClBackend(queue, Flavour.GPU)) {
            TensorCores cores = TensorCores.probe(queue, precision, " -DEMULATED");
            assertEquals("tensor cores in use, operands rounded to " + precision, cores.report());
            Device device = new Device("own", backend);
            FloatProduct product = new FloatProduct(queue, Flavour.GPU, Tuning.builtIn(Flavour.GPU)).with(cores);
            for (int[] size : new int[][] {{1, 1, 1}, {65, 9, 33}, {16, 130, 0}, {3, 70, 40}}) {
                Tensor a = RandomSource.of(1).normal(device, Shape.of(2, size[0], size[2]));
                Tensor b = RandomSource.of(2).normal(device, Shape.of(2, size[2], size[1]));
                Tensor out = Tensor.allocate("matmul", device, DType.F32, Shape.of(2, size[0], size[1]));
                product.matmul(a, b, out);
                near(a.matmul(b), out);
                Tensor turned = b.transpose(1, 2).contiguous().transpose(1, 2);
                product.matmul(a.transpose(1, 2).contiguous().transpose(1, 2), turned, out);
                near(a.matmul(b), out);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(Precision.class)
    void convolutionsOnItAreRight(Precision precision) {
        CommandQueue queue = queue();
        try (OpenClBackend backend = new OpenClBackend(queue, Flavour.GPU)) {
            Device device = new Device("own", backend);
            TensorCores cores = TensorCores.probe(queue, precision, " -DEMULATED");
            FloatProduct product = new FloatProduct(queue, Flavour.GPU, Tuning.builtIn(Flavour.GPU)).with(cores);
            var convolution =
                    new espalier.gpu.Convolution(queue, Flavour.GPU, product, new Reduction(queue, Flavour.GPU));
            for (int groups : List.of(1, 2)) {
                ConvSpec spec = ConvSpec.of().withPadding(1).withStride(2).withGroups(groups);
                Tensor x = RandomSource.of(1).normal(device, Shape.of(2, 4, 7, 8));
                Tensor w = RandomSource.of(2).normal(device, Shape.of(6, 4 / groups, 3, 3));
                Optional<Tensor> bias = Optional.of(RandomSource.of(3).normal(device, Shape.of(6)));
                Tensor expected = Convolution.conv2d(spec, x, w, bias);
                Tensor y = expected.zerosLike();
                convolution.forward(spec, x, w, bias, y);
                near(expected, y);
                Tensor dx = x.zerosLike();
                convolution.inputGradient(spec, expected, w, dx);
                near(Convolution.inputGradient(spec, expected, w, x.shape()), dx);
            }
        }
    }

    /** Operands lose up to 2⁻¹¹ of themselves each; here sums have up to 75 terms. */
    private static void near(Tensor expected, Tensor actual) {
        float[] plain = expected.toFloats();
        float[] rounded = actual.toFloats();
        double most = 0;
        for (int i = 0; i < plain.length; i++) {
            assertEquals(plain[i], rounded[i], 0.03 + 2e-3 * Math.abs(plain[i]), "element " + i);
            most = Math.max(most, Math.abs(plain[i] - rounded[i]));
        }
        assertTrue(plain.length == 1 || most > 0 || expected.square().sum().item() == 0, "it is rounded");
    }
}
