package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import espalier.nn.Init;
import espalier.nn.model.LeNet;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.Packer;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import org.junit.jupiter.api.Test;

/** A batch that is computed some images at a time. */
class SlicesTest {
    private static final Shape IMAGE = Shape.of(1, 28, 28);

    private static InferenceModel leNet() {
        return InferenceModel.of(Exporter.of(LeNet.lenet5(Init.of(1)), IMAGE)
                .with(Packer.dense())
                .export());
    }

    /** Pixels lie in planes of 8 images, and of 5; each image gets its own scores. */
    @Test
    void eachImageGetsItsScores() {
        InferenceModel model = leNet();
        Tensor images = RandomSource.of(2).uniform(Device.cpu(), IMAGE.inserting(0, 37), -1, 1);
        BatchCall slices = assertInstanceOf(Slices.class, model.call(37, 1));
        assertEquals(37, slices.batch());
        slices.input().copyInPlace(images);
        slices.run();
        for (int i = 0; i < 37; i++) {
            float[] alone = model.run(images.narrow(0, i, 1)).toFloats();
            assertArrayEquals(alone, slices.output().narrow(0, i, 1).toFloats(), 1e-5f);
        }
        slices.run(0);
        assertArrayEquals(
                model.run(images).toFloats(), runAgain(slices).toFloats(), 1e-5f, "after a step was run alone");
    }

    private static Tensor runAgain(BatchCall call) {
        call.run();
        return call.output();
    }

    @Test
    void aBatchThatFitsIsNotCut() {
        InferenceModel model = leNet();
        assertInstanceOf(Workspace.class, model.call(8, 1));
        assertInstanceOf(Workspace.class, model.call(40, 40 * model.workingBytes()));
        assertInstanceOf(Slices.class, model.call(41, 40 * model.workingBytes()));
    }

    /** 100 images, at most 40: three times 34 would do, and 40 is the next number of whole sets of eight. */
    @Test
    void slicesAreEvenAndOfWholeSets() {
        assertEquals(40, Slices.size(100, 40));
        assertEquals(24, Slices.size(128, 21 + 4));
        assertEquals(64, Slices.size(128, 127));
        assertEquals(16, Slices.size(17, 16));
        assertEquals(17, Slices.size(17, 17));
    }
}
