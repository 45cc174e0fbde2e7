package espalier.tensor.cpu.vector.blocked;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.spi.BlockedConvolution;
import espalier.tensor.spi.BlockedImages;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.Optional;

/**
 * The kernels of this package as a back end offers them. A block is a vector, and channels come in pairs of blocks, as
 * tiles take them.
 */
public final class ChannelBlocks implements BlockedImages {
    private final Parallel parallel;
    private final Lines memory = new Lines();

    public ChannelBlocks(Parallel parallel) {
        this.parallel = parallel;
    }

    @Override
    public int block() {
        return Lanes.COUNT;
    }

    @Override
    public boolean takes(int channels) {
        return channels % BlockSweep.WIDTH == 0;
    }

    @Override
    public boolean takes(ConvSpec spec, Shape weight) {
        return spec.groups() == 1 || BlockDepthwise.takes(spec, weight);
    }

    @Override
    public boolean takesStem(ConvSpec spec) {
        return spec.groups() == 1;
    }

    @Override
    public boolean takes(PoolSpec spec) {
        return true;
    }

    @Override
    public BlockedConvolution prepare(ConvSpec spec, Tensor weight, Optional<Tensor> bias) {
        return spec.groups() == 1
                ? new BlockConvolution(parallel, memory, spec, weight, bias)
                : new BlockDepthwise(parallel, spec, weight, bias);
    }

    @Override
    public BlockedConvolution prepareStem(ConvSpec spec, Tensor weight, Optional<Tensor> bias) {
        return new BlockStem(parallel, memory, spec, weight, bias);
    }

    @Override
    public void maxPool2d(PoolSpec spec, Tensor x, boolean relu, Tensor out) {
        BlockMaxPool.run(parallel, spec, x, relu, out);
    }
}
