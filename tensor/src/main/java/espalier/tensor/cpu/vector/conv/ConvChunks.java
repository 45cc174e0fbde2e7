package espalier.tensor.cpu.vector.conv;

import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.Scratch;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.cpu.vector.lanes.Tasks;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/**
 * A convolution that goes through its images in chunks that the second-level cache holds, for who has something to do
 * with what it makes, or makes what it takes.
 *
 * <p>Chunks are cut by shape alone, and the gradients to the weights of all chunks are added in their order: the same
 * bits for any number of threads.
 */
public final class ConvChunks {
    /** Most floats that a convolution makes of a chunk: a quarter of a megabyte, for more is in the cache besides. */
    private static final int FORWARD_FLOATS = 1 << 16;

    /** On the way back twice as many: the sums at the end of a chunk are some work, too. */
    private static final int GRADIENT_FLOATS = 1 << 17;

    /** Most floats of the gradients to the weights of all chunks. */
    private static final int WEIGHT_FLOATS = 1 << 19;

    /** Floats that a task adds: about 10 microseconds. */
    private static final int ADD_FLOATS = 1 << 14;

    private final VectorConvolution kernels;
    private final Parallel parallel;
    private final ConvGeometry g;
    private final int forwardImages;
    private final int gradientImages;

    private ConvChunks(VectorConvolution kernels, Parallel parallel, ConvGeometry g, int forward, int gradient) {
        this.kernels = kernels;
        this.parallel = parallel;
        this.g = g;
        forwardImages = forward;
        gradientImages = gradient;
    }

    /** The chunks of a convolution; none if there is nothing to be gained. */
    static Optional<ConvChunks> of(VectorConvolution kernels, Parallel parallel, ConvGeometry g) {
        int forward = images(g, FORWARD_FLOATS, 1);
        long least = Math.ceilDiv((long) g.n() * g.weightLength(), WEIGHT_FLOATS);
        int gradient = images(g, GRADIENT_FLOATS, (int) Math.min(least, Integer.MAX_VALUE));
        return forward == 0 || gradient == 0
                ? Optional.empty()
                : Optional.of(new ConvChunks(kernels, parallel, g, forward, gradient));
    }

    /** Images of a chunk, at least so many, all chunks of one size; 0 if there is no such number. */
    private static int images(ConvGeometry g, int floats, int least) {
        int most = Math.min(floats / Math.max(1, g.withImages(1).outputLength()), g.n() / 2);
        for (int images = most; images >= Math.max(least, Math.ceilDiv(most, 2)) && images > 0; images--) {
            if (g.n() % images == 0) {
                return images;
            }
        }
        return 0;
    }

    /** Images that lie in the cache. */
    public interface Chunk {
        /**
         * Does something with the images {@code [first, end)}.
         *
         * @param parallel the threads to do it with
         */
        void run(Parallel parallel, int first, int end);
    }

    /** What a convolution has made of some images. */
    public interface Product {
        /** Uses that of the images {@code [first, end)}, which is gone afterwards. */
        void use(Parallel parallel, int first, int end, Span made);
    }

    /** Makes the gradient to what a convolution gives. */
    public interface Gradient {
        /** Writes that of the images {@code [first, end)} to {@code to}, in their order. */
        void write(Parallel parallel, int first, int end, Span to);
    }

    /** The forward pass, and something for each chunk of {@code y} when it has been written. */
    public void forward(Span x, Span w, Span y, Chunk after) {
        ConvGeometry part = g.withImages(forwardImages);
        int inputs = part.inputLength();
        int outputs = part.outputLength();
        ConvWay way = kernels.forwardWay(part);
        Span packed = kernels.packed(way, w);
        each(g.n() / part.n(), (threads, chunk) -> {
            way.run(threads, new Operands(x.after(chunk * inputs), packed, Span.NONE, y.after(chunk * outputs)));
            after.run(threads, chunk * part.n(), (chunk + 1) * part.n());
        });
    }

    /** The forward pass into memory that holds a chunk only. */
    public void forward(Span x, Span w, Span bias, Product product) {
        ConvGeometry part = g.withImages(forwardImages);
        int inputs = part.inputLength();
        ConvWay way = kernels.forwardWay(part);
        Span packed = kernels.packed(way, w);
        each(g.n() / part.n(), (threads, chunk) -> {
            Span made = chunkMemory(part);
            way.run(threads, new Operands(x.after(chunk * inputs), packed, bias, made));
            product.use(threads, chunk * part.n(), (chunk + 1) * part.n(), made);
        });
    }

    private static Span chunkMemory(ConvGeometry part) {
        return new Span(Scratch.onLines(Scratch.CONV_CHUNK, part.outputLength()), Scratch.LINE);
    }

    /**
     * Those of the two gradients that are wanted, from one that is made when it is needed, and not kept.
     *
     * @param addend what is added to that to the input
     */
    public void gradients(Gradient dy, Span x, Span w, Optional<Span> addend, Optional<Span> dx, Optional<Span> dw) {
        if (dx.isEmpty() && dw.isEmpty()) {
            return;
        }
        ConvGeometry part = g.withImages(gradientImages);
        int inputs = part.inputLength();
        int weights = part.weightLength();
        int chunks = g.n() / part.n();
        float[] sums = Scratch.floats(Scratch.CONV_CHUNK_WEIGHTS, chunks * weights);
        ConvWay way = kernels.inputGradientWay(part);
        Optional<Span> packed = dx.map(_ -> kernels.packed(way, w));
        each(chunks, (threads, chunk) -> {
            Span made = chunkMemory(part);
            dy.write(threads, chunk * part.n(), (chunk + 1) * part.n(), made);
            dx.ifPresent(all -> {
                Span to = all.after(chunk * inputs);
                way.run(threads, new Operands(made, packed.orElseThrow(), Span.NONE, to));
                addend.ifPresent(more -> add(threads, more.after(chunk * inputs), to, inputs));
            });
            if (dw.isPresent()) {
                kernels.weightGradient(threads, part, x.after(chunk * inputs), made, new Span(sums, chunk * weights));
            }
        });
        dw.ifPresent(to -> parallel.once(() -> add(sums, chunks, weights, to)));
    }

    /** Adds {@code count} floats to those that have just been written. */
    private static void add(Parallel threads, Span from, Span to, int count) {
        Tasks.ranges(threads, count, ADD_FLOATS, 0.1, (first, end) -> {
            int i = first;
            for (; i <= end - Lanes.COUNT; i += Lanes.COUNT) {
                FloatVector sum = FloatVector.fromArray(Lanes.FLOATS, to.array(), to.at() + i);
                VECTOR.cast(FloatVector.fromArray(Lanes.FLOATS, from.array(), from.at() + i))
                        .add(sum)
                        .intoArray(to.array(), to.at() + i);
            }
            for (; i < end; i++) {
                to.array()[to.at() + i] += from.array()[from.at() + i];
            }
        });
    }

    /** The sums of all chunks. */
    private static void add(float[] sums, int chunks, int weights, Span to) {
        System.arraycopy(sums, 0, to.array(), to.at(), weights);
        for (int chunk = 1; chunk < chunks; chunk++) {
            for (int i = 0; i < weights; i++) {
                to.array()[to.at() + i] += sums[chunk * weights + i];
            }
        }
    }

    private interface Part {
        void run(Parallel threads, int chunk);
    }

    /** A chunk for each thread, or all threads for a chunk where there are more of them. */
    private void each(int chunks, Part body) {
        if (chunks >= parallel.threads()) {
            parallel.forEach(chunks, chunk -> body.run(kernels.alone(), chunk));
        } else {
            for (int chunk = 0; chunk < chunks; chunk++) {
                body.run(parallel, chunk);
            }
        }
    }
}
