package espalier.tensor.cpu.vector.conv;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.cpu.ConvGeometry;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Span;
import espalier.tensor.spi.ConvSpec;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How a batch is cut; what comes of it the conformance suite knows. */
class ConvChunksTest {
    private static ConvGeometry geometry(int images, int channels, int size, int outputs) {
        return new ConvGeometry(
                images, channels, size, size, outputs, 3, 3, ConvSpec.of().withPadding(1));
    }

    private static Optional<ConvChunks> chunks(Parallel parallel, ConvGeometry g) {
        return ConvChunks.of(new VectorConvolution(parallel), parallel, g);
    }

    @Test
    void everyImageIsHandledOnceAndAfterItWasWritten() {
        for (int threads : new int[] {1, 2, 5}) {
            try (var parallel = new Parallel(threads)) {
                for (int n : new int[] {2, 6, 7, 30, 97, 128}) {
                    ConvGeometry g = geometry(n, 2, 40, 9);
                    int image = g.outputLength() / n;
                    Optional<ConvChunks> found = chunks(parallel, g);
                    if (found.isEmpty()) {
                        assertTrue(n == 7 || n == 97, "a batch of " + n + " can be cut");
                        continue;
                    }
                    float[] x = new float[g.inputLength()];
                    Arrays.fill(x, 1f);
                    float[] w = new float[g.weightLength()];
                    Arrays.fill(w, 1f);
                    float[] y = new float[g.outputLength()];
                    var seen = new AtomicIntegerArray(n);
                    found.get().forward(new Span(x, 0), new Span(w, 0), new Span(y, 0), (_, first, end) -> {
                        for (int i = first; i < end; i++) {
                            // A pixel inside sees nine ones in each of two channels.
                            seen.addAndGet(i, y[i * image + 41] == 18f ? 1 : 100);
                        }
                    });
                    int[] once = new int[n];
                    Arrays.fill(once, 1);
                    assertArrayEquals(once, IntStream.range(0, n).map(seen::get).toArray(), "batch of " + n);
                }
            }
        }
    }

    /** The partial sums of a wide layer would fill memory; their number does not fit into an int here. */
    @Test
    void wideLayersAreNotCut() {
        try (var parallel = new Parallel(1)) {
            assertEquals(Optional.empty(), chunks(parallel, geometry(1024, 512, 8, 512)));
            assertEquals(Optional.empty(), chunks(parallel, geometry(128, 512, 8, 512)));
            assertTrue(chunks(parallel, geometry(128, 16, 32, 16)).isPresent());
        }
    }
}
