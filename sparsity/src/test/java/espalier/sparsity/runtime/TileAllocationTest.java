package espalier.sparsity.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.management.ThreadMXBean;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import java.io.BufferedReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * The sums of a tile stay in registers whatever the process has computed before. What methods of vectors call on their
 * receivers is compiled by a profile that all their callers share: here other kernels, some with vectors of eight
 * lanes, shape it first.
 */
class TileAllocationTest {
    private static final int FEW_BYTES = 10_000;

    @Test
    void convolutionsAfterOtherKernels() throws Exception {
        assumeTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(), "no Vector API here");
        Process run = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--add-modules=jdk.incubator.vector",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Kernels.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        try (BufferedReader reader = run.inputReader()) {
            List<String> said = reader.lines().toList();
            assertEquals(0, run.waitFor());
            assertTrue(Long.parseLong(said.getLast()) < FEW_BYTES, () -> said.getLast() + " bytes a convolution");
        } finally {
            run.destroyForcibly();
        }
    }

    /** Packed and dense convolutions of several sizes, and what the last one allocates. */
    static final class Kernels {
        private static final Device CPU = Device.cpu(1);
        private static final RandomSource RANDOM = RandomSource.of(1);
        private static final long EACH_NANOS = 500_000_000;

        private Kernels() {}

        public static void main(String[] args) {
            long last = 0;
            for (int[] sizes : new int[][] {{1, 28, 20, 5}, {20, 12, 50, 5}}) {
                int columns = sizes[0] * sizes[3] * sizes[3];
                float[] weights =
                        RANDOM.uniform(CPU, Shape.of(sizes[2], columns), -1, 1).toFloats();
                for (int images : new int[] {1, 8, 32, 128}) {
                    run(CPU.backend().prepare(BinaryMatrix.of(weights, sizes[2], columns)), sizes, images);
                    last = run(CPU.backend().prepare(DenseMatrix.of(weights, sizes[2], columns)), sizes, images);
                }
            }
            System.out.println(last);
        }

        /** Runs a convolution for a while, and returns what the last time allocated. */
        private static long run(PackedKernel kernel, int[] sizes, int images) {
            int side = sizes[1] - sizes[3] + 1;
            Tensor x = RANDOM.uniform(CPU, Shape.of(images, sizes[0], sizes[1], sizes[1]), -1, 1);
            Tensor y = Tensor.zeros(CPU, DType.F32, Shape.of(images, sizes[2], side, side));
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            long start = System.nanoTime();
            long least = Long.MAX_VALUE;
            for (long so = 0; so < EACH_NANOS; so = System.nanoTime() - start) {
                long before = threads.getCurrentThreadAllocatedBytes();
                kernel.conv2d(ConvSpec.of(), sizes[3], sizes[3], x, Optional.empty(), y);
                least = Math.min(least, threads.getCurrentThreadAllocatedBytes() - before);
            }
            return least;
        }
    }
}
