package espalier.tensor.cpu.vector.blocked;

import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Lines;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.BlockedConvolution;
import espalier.tensor.spi.ConvSpec;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A convolution of blocked images, by the way that is expected to be the fastest for the size of the images. */
final class BlockConvolution implements BlockedConvolution {
    private final Parallel parallel;
    private final ConvSpec spec;
    private final Shape weightShape;
    private final float[] weight;
    private final float[] bias;
    private final Map<Shape, BlockWay> ways = new ConcurrentHashMap<>();
    private final Lines memory;
    private final Map<Optional<Squares>, Span> packed = new ConcurrentHashMap<>();

    BlockConvolution(Parallel parallel, Lines memory, ConvSpec spec, Tensor weight, Optional<Tensor> bias) {
        this.parallel = parallel;
        this.memory = memory;
        this.spec = spec;
        weightShape = weight.shape();
        this.weight = weight.toFloats();
        this.bias = bias.map(Tensor::toFloats).orElse(new float[weight.dim(0)]);
    }

    @Override
    public void run(Tensor x, Optional<Tensor> addend, boolean relu, Tensor out) {
        BlockWay way =
                ways.computeIfAbsent(x.shape(), shape -> BlockWay.of(BlockWay.geometry(shape, weightShape, spec)));
        Span weights = packed.computeIfAbsent(way.squares(), _ -> {
            Span made = memory.take(way.packedLength());
            way.pack(weight, made);
            return made;
        });
        Span add = addend.map(Span::of).orElse(Span.NONE);
        way.run(parallel, Span.of(x), weights, bias, add, relu, Span.of(out));
    }
}
