package espalier.tensor.cpu.vector.conv;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.channels.Squares;
import espalier.tensor.cpu.vector.lanes.Span;

/** A way to compute a {@link Correlation}, with its tables of offsets. It follows from the geometry alone. */
sealed interface ConvWay permits CorrelationLanes, DepthwisePlanes, Sweep, WinogradLanes {
    /** In what order a way reads the weights. */
    enum Order {
        /** {@link Correlation#pack}, the taps of a channel side by side. */
        TAPS_INSIDE,
        /** {@link Correlation#pack}, the channels of a tap side by side. */
        CHANNELS_INSIDE,
        /** {@link WinogradSweep#pack}. */
        WINOGRAD,
        /** {@link WinogradLanes#pack}. */
        WINOGRAD_LANES,
        /** {@link SquareSweep#pack} for squares of 2 × 2. */
        SQUARES_OF_TWO,
        /** The same for squares of 4 × 4. */
        SQUARES_OF_FOUR,
        /** The same for kernels of 5 × 5. */
        SQUARES_OF_FIVE,
        /** {@link ChannelSweep#pack}. */
        CHANNELS_ABREAST
    }

    /** Packed weights of a layer that come from memory at each call: more than a megabyte. */
    int FAR_FLOATS = 1 << 18;

    /** Cycles that such a weight takes. */
    double FAR_CYCLES = 1.6;

    /**
     * Cycles that any other takes to come from the third-level cache. Alone a layer would find its weights in the
     * second, but those of a network push each other out: chosen as if they did not, with more and larger squares of
     * weights turned, ResNet-20 took a tenth longer for one image, and a sixth longer on two threads.
     */
    double NEAR_CYCLES = 0.6;

    /** The forward pass, the way that is expected to be the fastest. */
    static ConvWay forward(ConvGeometry g) {
        return DepthwisePlanes.takes(g)
                ? DepthwisePlanes.forward(g)
                : cheapest(Correlation.forward(VectorConvolution.joined(g)));
    }

    /** The gradient to the input, likewise. */
    static ConvWay inputGradient(ConvGeometry g) {
        return DepthwisePlanes.takes(g)
                ? DepthwisePlanes.inputGradient(g)
                : cheapest(Correlation.inputGradient(VectorConvolution.joined(g)));
    }

    private static ConvWay cheapest(Correlation sum) {
        ConvWay best = new CorrelationSweep(sum);
        if (CorrelationLanes.takes(sum)) {
            best = cheaper(best, new CorrelationLanes(sum));
        }
        if (WinogradSweep.takes(sum)) {
            best = cheaper(best, new WinogradSweep(sum));
        }
        if (WinogradLanes.takes(sum)) {
            best = cheaper(best, new WinogradLanes(sum));
        }
        for (Squares kind : Squares.values()) {
            if (SquareSweep.takes(kind, sum)) {
                best = cheaper(best, new SquareSweep(kind, sum));
            }
        }
        if (PointwiseSweep.takes(sum)) {
            best = cheaper(best, new PointwiseSweep(sum));
        }
        if (ChannelSweep.takes(sum)) {
            best = cheaper(best, new ChannelSweep(sum));
        }
        return best;
    }

    private static ConvWay cheaper(ConvWay first, ConvWay second) {
        return second.costWithWeights() < first.costWithWeights() ? second : first;
    }

    /** The same way, cut for so many threads: the same weights, the same bits. */
    default ConvWay among(int threads) {
        return this;
    }

    /** Estimated cycles for one image and group. */
    double cost();

    /** The same and what it takes to fetch the weights, once for all images. */
    private double costWithWeights() {
        double cycles = packedLength() > FAR_FLOATS ? FAR_CYCLES : NEAR_CYCLES;
        return cost() + cycles * packedLength() / Math.max(1, correlation().images());
    }

    /** The sum that is computed. */
    Correlation correlation();

    /** How the weights have to be packed. */
    default Order order() {
        return Order.TAPS_INSIDE;
    }

    /** Floats of the packed weights. */
    default int packedLength() {
        return correlation().packedLength();
    }

    /** Packs weights in this {@link #order}. */
    default void pack(Parallel parallel, Span weight, Span packed) {
        correlation().pack(parallel, weight, order(), packed);
    }

    /** Computes the whole destination. */
    void run(Parallel parallel, Operands o);
}
