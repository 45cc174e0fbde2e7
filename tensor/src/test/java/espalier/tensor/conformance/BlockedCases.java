package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.BlockedImages;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What a back end computes on blocked images, if it does, against what it computes on plain ones. */
final class BlockedCases {
    private final Device device;

    private BlockedCases(Device device) {
        this.device = device;
    }

    /** All rows for a device; they ask for nothing where there are no blocks. */
    static Stream<Case> of(Device device) {
        BlockedCases cases = new BlockedCases(device);
        ConvSpec same = ConvSpec.of().withPadding(1);
        return Stream.of(
                new Case("blocked conv2d 1x1", () -> cases.convolution(1, false, ConvSpec.of())),
                new Case("blocked conv2d 3x3", () -> cases.convolution(3, false, same)),
                new Case("blocked conv2d 3x3 with a stride", () -> cases.convolution(3, false, same.withStride(2))),
                new Case("blocked conv2d 3x3 dilated", () -> cases.convolution(3, false, same.withDilation(2))),
                new Case("blocked conv2d depthwise", () -> cases.convolution(3, true, same)),
                new Case("blocked conv2d of plain images", cases::stem),
                new Case("blocked maxPool2d", cases::maxPool));
    }

    private Optional<BlockedImages> images() {
        return device.backend().blockedImages();
    }

    /** The fewest channels that are taken. */
    static int channels(BlockedImages images) {
        int channels = images.block();
        while (!images.takes(channels)) {
            channels += images.block();
        }
        return channels;
    }

    private Tensor random(int seed, Shape shape) {
        return RandomSource.of(seed).uniform(device, shape, -1, 1);
    }

    private void convolution(int kernel, boolean depthwise, ConvSpec plain) {
        if (images().isEmpty()) {
            return;
        }
        BlockedImages images = images().get();
        int channels = channels(images);
        ConvSpec spec = depthwise ? plain.withGroups(channels) : plain;
        Tensor w = random(1, Shape.of(channels, depthwise ? 1 : channels, kernel, kernel));
        if (!images.takes(spec, w.shape())) {
            return;
        }
        Tensor x = random(2, Shape.of(2, channels, 7, 10));
        Optional<Tensor> bias = Optional.of(random(3, Shape.of(channels)));
        Tensor expected =
                Tensor.zeros(spec.outputShape(x.shape(), w.shape()).toArray()).to(device);
        device.backend().conv2d(spec, x, w, bias, expected);
        Tensor addend = random(4, expected.shape());
        Tensor found = random(5, images.inBlocks(expected.shape()));
        images.prepare(spec, w, bias)
                .run(
                        images.seenInBlocks(x).contiguous(),
                        Optional.of(images.seenInBlocks(addend).contiguous()),
                        true,
                        found);
        check(images, expected.add(addend).relu(), found, 1e-6f * kernel * kernel * channels);
    }

    private void stem() {
        if (images().isEmpty()) {
            return;
        }
        BlockedImages images = images().get();
        ConvSpec spec = ConvSpec.of().withPadding(1).withStride(2);
        if (!images.takesStem(spec)) {
            return;
        }
        Tensor x = random(1, Shape.of(2, 3, 11, 21));
        Tensor w = random(2, Shape.of(channels(images), 3, 3, 3));
        Optional<Tensor> bias = Optional.of(random(3, Shape.of(w.dim(0))));
        Tensor expected =
                Tensor.zeros(spec.outputShape(x.shape(), w.shape()).toArray()).to(device);
        device.backend().conv2d(spec, x, w, bias, expected);
        Tensor found = random(4, images.inBlocks(expected.shape()));
        images.prepareStem(spec, w, bias).run(x, Optional.empty(), true, found);
        check(images, expected.relu(), found, 1e-5f);
    }

    private void maxPool() {
        if (images().isEmpty()) {
            return;
        }
        BlockedImages images = images().get();
        PoolSpec spec = PoolSpec.of(3, 2).withPadding(1);
        Tensor x = random(1, Shape.of(2, channels(images), 7, 10));
        Shape shape = spec.outputShape(x.shape());
        Tensor expected = random(2, shape);
        Tensor indices = Tensor.of(new int[shape.size()], shape.toArray()).to(device);
        device.backend().maxPool2d(spec, x, expected, indices);
        Tensor found = random(3, images.inBlocks(shape));
        images.maxPool2d(spec, images.seenInBlocks(x).contiguous(), false, found);
        check(images, expected, found, 0f);
    }

    private static void check(BlockedImages images, Tensor expected, Tensor found, float allowed) {
        float[] wanted = images.seenInBlocks(expected).contiguous().toFloats();
        assertArrayEquals(wanted, found.toFloats(), allowed);
    }

    /** Results whose bits may not depend on the number of threads. */
    static List<Tensor> results(Device device) {
        Optional<BlockedImages> offered = device.backend().blockedImages();
        if (offered.isEmpty()) {
            return List.of();
        }
        BlockedImages images = offered.get();
        int channels = 3 * channels(images);
        BlockedCases cases = new BlockedCases(device);
        Tensor x = cases.random(1, images.inBlocks(Shape.of(2, channels, 14, 15)));
        Tensor w = cases.random(2, Shape.of(channels, channels, 3, 3));
        Tensor y = cases.random(3, x.shape());
        ConvSpec same = ConvSpec.of().withPadding(1);
        images.prepare(same, w, Optional.empty()).run(x, Optional.of(x), true, y);
        Tensor z = cases.random(4, x.shape());
        images.prepare(same.withDilation(2).withPadding(2), w, Optional.empty()).run(x, Optional.empty(), false, z);
        Tensor pooled = cases.random(5, x.shape());
        images.maxPool2d(PoolSpec.of(3, 1).withPadding(1), x, true, pooled);
        Tensor stem = cases.random(6, x.shape());
        Tensor plain = cases.random(7, Shape.of(2, 3, 14, 15));
        images.prepareStem(same, cases.random(8, Shape.of(channels, 3, 3, 3)), Optional.empty())
                .run(plain, Optional.empty(), true, stem);
        return List.of(y, z, pooled, stem);
    }
}
