package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.sparsity.export.Form;
import espalier.sparsity.export.Nonlinearity;
import espalier.sparsity.export.Operation;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.PackedTensor;
import espalier.sparsity.export.Program;
import espalier.sparsity.export.Step;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Programs of a step or two, with results by hand. Rows and columns differ, and so do befores and afters. */
class StepsByHandTest {
    private static Step step(Operation operation, Nonlinearity activation, Integer... inputs) {
        return new Step("here", operation, List.of(inputs), activation);
    }

    private static PackedTensor packed(Shape shape, String form, float... values) {
        return PackedTensor.of("w", values, shape, Form.parse(form));
    }

    private static PackedModel model(Shape input, Step... steps) {
        return new PackedModel(new Program(input, List.of(steps)), Map.of());
    }

    /** On both back ends, the second time from other numbers than the first. */
    private static void assertComputes(float[] expected, PackedModel model, float... images) {
        for (Device device : List.of(Device.cpu(), Device.reference())) {
            InferenceModel run = InferenceModel.of(model, device);
            run.run(new float[images.length]);
            assertArrayEquals(expected, run.run(images), 1e-6f, device.toString());
        }
    }

    @Test
    void globalAverageOfAPlaneThatIsNoSquare() {
        PackedModel model = model(Shape.of(2, 1, 3), step(new Operation.GlobalAverage(), Nonlinearity.NONE, 0));
        assertComputes(new float[] {2, -3}, model, 1, 2, 3, 0, 0, -9);
    }

    @Test
    void subsampleHasAStepOfRowsAndOneOfColumns() {
        PackedModel model = model(Shape.of(1, 3, 4), step(new Operation.Subsample(2, 3), Nonlinearity.NONE, 0));
        assertComputes(new float[] {0, 3, 20, 23}, model, 0, 1, 2, 3, 10, 11, 12, 13, 20, 21, 22, 23);
    }

    @Test
    void channelsOfZerosBeforeAndAfter() {
        PackedModel model = model(Shape.of(1, 1, 2), step(new Operation.PadChannels(1, 2), Nonlinearity.NONE, 0));
        assertComputes(new float[] {0, 0, 5, 6, 0, 0, 0, 0}, model, 5, 6);
    }

    @Test
    void scaleShiftAndRelu() {
        PackedTensor scale = packed(Shape.of(2), "f32", 2, -1);
        PackedTensor shift = packed(Shape.of(2), "f32", 1, 0.5f);
        for (boolean relu : new boolean[] {false, true}) {
            Nonlinearity activation = relu ? Nonlinearity.RELU : Nonlinearity.NONE;
            PackedModel model = model(Shape.of(2, 1, 2), step(new Operation.ScaleShift(scale, shift), activation, 0));
            float[] expected = relu ? new float[] {3, 0, 0, 4.5f} : new float[] {3, -1, -0.5f, 4.5f};
            assertComputes(expected, model, 1, -1, 1, -4);
        }
    }

    @Test
    void softmaxAndItsLogarithm() {
        float log3 = (float) Math.log(3);
        float log4 = (float) Math.log(4);
        PackedModel plain = model(Shape.of(2), step(new Operation.Softmax(false), Nonlinearity.NONE, 0));
        assertComputes(new float[] {0.25f, 0.75f, 0.5f, 0.5f}, plain, 0, log3, 7, 7);
        PackedModel log = model(Shape.of(2), step(new Operation.Softmax(true), Nonlinearity.NONE, 0));
        assertComputes(new float[] {-log4, log3 - log4}, log, 0, log3);
    }

    /** The sum is written over one of its inputs, whatever the activation. */
    @Test
    void sumsAndActivationsInPlace() {
        PackedModel model = model(
                Shape.of(1, 1, 3),
                step(new Operation.Identity(), Nonlinearity.LEAKY_RELU, 0),
                step(new Operation.Add(), Nonlinearity.LEAKY_RELU, 0, 1));
        assertComputes(new float[] {2, -0.0202f, 0}, model, 1, -2, 0); // −2 − 0.02, and a hundredth of that
        assertEquals(2 * 16 * 4, InferenceModel.of(model).workingBytes());
    }

    /** 0.5 to 508 are no 127 levels of one scale, so each row has its own, and its own factor besides. */
    @Test
    void eachRowHasItsScaleAndItsFactor() {
        PackedTensor weight = packed(Shape.of(2, 2), "int8", 0.5f, -1, 12, 508);
        Optional<PackedTensor> factors = Optional.of(packed(Shape.of(2), "f32", -2, 0.25f));
        Optional<PackedTensor> bias = Optional.of(packed(Shape.of(2), "f32", 10, -1));
        PackedModel model = model(Shape.of(2), step(new Operation.Linear(weight, factors, bias), Nonlinearity.NONE, 0));
        float[] expected = {10 - 2 * (0.5f - 2), -1 + 0.25f * (12 + 2 * 508)};
        for (Kernel kernel : List.of(Kernel.DENSE, Kernel.CSR, Kernel.BLOCKS, Kernel.INT8)) {
            for (Device device : List.of(Device.cpu(), Device.reference())) {
                InferenceModel run = InferenceModel.of(model, device, Map.of("here", kernel));
                assertEquals(List.of(Optional.of(kernel)), run.kernels());
                assertArrayEquals(expected, run.run(new float[] {1, 2}), 1e-4f, kernel + " on " + device);
            }
        }
    }

    // ---- which kernel

    private static Kernel chosen(String form, int rows, float... values) {
        PackedTensor weight = packed(Shape.of(rows, values.length / rows), form, values);
        return KernelChoice.of(new Operation.Linear(weight, Optional.empty(), Optional.empty()), weight, values);
    }

    /** {@code [4, 20]}: four elements in a column are one block; in four columns they are four, for the same four. */
    @Test
    void theCheaperOfTheSparseKernelsIsTaken() {
        float[] column = new float[80];
        float[] diagonal = new float[80];
        for (int row = 0; row < 4; row++) {
            column[row * 20 + 7] = 1;
            diagonal[row * 20 + row] = 1;
        }
        assertEquals(Kernel.BLOCKS, chosen("f32", 4, column)); // 1.55·4/80 against 2.8·4/80
        assertEquals(Kernel.CSR, chosen("f32", 4, diagonal)); // 1.55·16/80 against 2.8·4/80
        assertEquals(Kernel.DENSE, chosen("f32", 1, 1, 1, 0, 0, 0)); // 2.8·2/5 > 1, and a block is no cheaper
        assertEquals(Kernel.CSR, chosen("f32", 1, 1, 0, 0, 0)); // 2.8/4 < 1 < 1.55, a block for each element
    }

    @Test
    void signsNeedRowsEnoughToShareTheirTables() {
        float[] signs = new float[16 * 3];
        java.util.Arrays.fill(signs, -0.5f);
        assertEquals(Kernel.BINARY, chosen("binary", 16, signs));
        assertEquals(Kernel.DENSE, chosen("binary", 15, java.util.Arrays.copyOf(signs, 15 * 3)));
    }

    @Test
    void packedKernelsHaveNoGroups() {
        float[] values = new float[16 * 9];
        values[4] = 1;
        PackedTensor weight = packed(Shape.of(16, 1, 3, 3), "f32", values);
        for (int groups : new int[] {1, 16}) {
            Operation convolution = new Operation.Convolution(
                    ConvSpec.of().withGroups(groups), weight, Optional.empty(), Optional.empty());
            Kernel kernel = KernelChoice.of(convolution, weight, values);
            assertEquals(groups == 1 ? Kernel.CSR : Kernel.DENSE, kernel);
        }
    }

    // ---- calls

    @Test
    void batchesOfManySizesOneAfterTheOther() {
        InferenceModel run =
                InferenceModel.of(model(Shape.of(2), step(new Operation.Identity(), Nonlinearity.RELU, 0)));
        for (int batch : new int[] {3, 1, 2, 1, 3, 4, 5, 6, 7, 8, 9, 10, 1}) {
            Tensor images = Tensor.full(batch, batch, 2);
            assertArrayEquals(images.toFloats(), run.run(images).toFloats());
            assertEquals(images.shape(), run.run(images).shape());
        }
    }

    @Test
    void theWorkspacesOfEightSizesAreKept() {
        Program program = new Program(Shape.of(2), List.of(step(new Operation.Identity(), Nonlinearity.RELU, 0)));
        Idle idle = new Idle();
        Workspace[] made = new Workspace[10];
        for (int batch = 1; batch <= 9; batch++) {
            made[batch] = new Workspace(
                    program,
                    BlockPlan.none(program),
                    new MemoryPlan(program, BlockPlan.none(program)),
                    List.of(LoadedStep.NOTHING),
                    Device.cpu(),
                    batch);
        }
        for (int batch = 1; batch <= 8; batch++) {
            idle.put(made[batch]);
        }
        assertSame(made[3], idle.take(3));
        assertNull(idle.take(3));
        idle.put(made[3]);
        for (int batch = 8; batch >= 1; batch--) {
            assertSame(made[batch], idle.take(batch));
            idle.put(made[batch]);
        }
        idle.put(made[9]);
        assertNull(idle.take(1));
        assertNotNull(idle.take(9));
    }

    @Test
    void resultsOfAnotherLengthAndTensorsOfAnotherDeviceAreRefused() {
        InferenceModel run =
                InferenceModel.of(model(Shape.of(2), step(new Operation.Identity(), Nonlinearity.RELU, 0)));
        String tooLong = assertThrows(ShapeException.class, () -> run.run(new float[4], new float[5]))
                .getMessage();
        assertEquals("inference: 2 results [2] need 4 floats, not 5", tooLong);
        Tensor elsewhere = Tensor.of(Device.reference(), new float[2], Shape.of(1, 2));
        assertThrows(ShapeException.class, () -> run.run(elsewhere));
    }
}
