package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Discovery;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.Launches;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Operations that become one kernel compute what they compute one by one. */
class ChainTest {
    private static final int SIZE = 7;

    private static void with(boolean fused, Body body) {
        with(Flavour.CPU, fused, body);
    }

    private static void with(Flavour flavour, boolean fused, Body body) {
        TestDevice.first();
        CommandQueue queue = new CommandQueue(Discovery.now().devices().getFirst());
        OpenClBackend backend = new OpenClBackend(queue, flavour, fused);
        try {
            body.run(new Device("test", backend), queue);
        } finally {
            backend.close();
        }
    }

    /** What is done with a device. */
    @FunctionalInterface
    private interface Body {
        void run(Device device, CommandQueue queue);
    }

    private static int launches(boolean fused, Body body) {
        int[] count = new int[1];
        with(fused, (device, queue) -> {
            queue.finish("begin");
            body.run(device, queue);
            count[0] = Launches.since(queue);
        });
        return count[0];
    }

    @Test
    void operationsInARowAreOneKernel() {
        Body body = (device, _) -> {
            Tensor x = Tensor.full(device, DType.F32, Shape.of(5, 3), 2);
            Tensor y = x.add(1).mul(x).relu();
            y.addInPlace(x);
        };
        assertEquals(5, launches(false, body));
        assertEquals(1, launches(true, body));
    }

    @Test
    void whatNobodyHoldsAnyMoreIsNotComputed() {
        Body body = (device, _) -> {
            try (TensorScope _ = TensorScope.open()) {
                Tensor.full(device, DType.F32, Shape.of(5, 3), 2).add(1).sqrt();
            }
        };
        assertEquals(0, launches(true, body));
    }

    /** Each step of training has the same chains: their text is written in the first. */
    @Test
    void theTextOfAChainIsWrittenOnce() {
        with(false, (device, queue) -> {
            Chain chain = new Chain(queue, false, size -> Geometry.line(size, 64));
            for (int step = 0; step < 3; step++) {
                Tensor x = Tensor.allocate("x", device, DType.F32, Shape.of(5, 3));
                chain.add("fill", "UNARY_COPY", x, List.of((float) step));
                chain.add("square", "UNARY_SQUARE", x, List.of(), x);
                assertEquals(step * step, x.get(4, 2));
                assertEquals(1, chain.written());
            }
            Tensor y = Tensor.zeros(device, DType.BOOL, Shape.of(5, 3));
            chain.add("fill", "UNARY_COPY", y, List.of(1f));
            queue.finish("another");
            assertEquals(2, chain.written());
        });
    }

    /** What is read at another place than it was written begins a new kernel. */
    @Test
    void aTransposedResultIsNotReadBeforeItIsWritten() {
        with(true, (device, _) -> {
            Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).to(device);
            Tensor y = x.mul(10);
            Tensor sum = y.t().add(y);
            y.t().addInPlace(x);
            assertArrayEquals(new float[] {20, 50, 50, 80}, sum.toFloats());
            assertArrayEquals(new float[] {11, 23, 32, 44}, y.toFloats());
        });
    }

    @Test
    void comparisonsAreOneOrZeroInTheMiddle() {
        with(true, (device, _) -> {
            Tensor x = Tensor.of(new float[] {-2, 0, 3, Float.NaN}, 4).to(device);
            Tensor positive = x.gt(0);
            assertArrayEquals(
                    new float[] {-20, 0, 3, Float.NaN},
                    positive.where(x, x.mul(10)).toFloats());
        });
    }

    /** Programs of random operations on views of a few tensors, in place or not, in scopes or not. */
    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void randomProgramsGiveTheSameBits(long seed) {
        List<float[]> one = new ArrayList<>();
        List<float[]> fused = new ArrayList<>();
        with(false, (device, _) -> one.addAll(program(device, seed)));
        with(true, (device, _) -> fused.addAll(program(device, seed)));
        assertEquals(one.size(), fused.size());
        for (int i = 0; i < one.size(); i++) {
            assertArrayEquals(one.get(i), fused.get(i), "tensor " + i);
        }
    }

    /** On GPUs an item has four elements where all operands are runs: of 48 elements, and not of 49. */
    @ParameterizedTest
    @ValueSource(ints = {48, 49})
    void fourElementsAtATimeGiveTheSameBits(int size) {
        List<float[]> results = new ArrayList<>();
        for (boolean fused : new boolean[] {false, true}) {
            with(Flavour.GPU, fused, (device, queue) -> {
                Tensor x = RandomSource.of(1).normal(device, Shape.of(size + 8));
                Tensor y = RandomSource.of(2).normal(device, Shape.of(size));
                Tensor odd = x.narrow(0, 3, size); // begins between two vectors
                Tensor even = x.narrow(0, 4, size);
                for (Tensor z : List.of(odd, even)) {
                    Tensor less = z.lt(y);
                    Tensor sum = less.where(z, y.mul(2)).addInPlace(z);
                    results.add(sum.toFloats());
                    results.add(less.to(DType.F32).toFloats());
                    z.addInPlace(1);
                    results.add(x.toFloats());
                }
            });
        }
        for (int i = 0; i < 6; i++) {
            assertArrayEquals(results.get(i), results.get(6 + i), "result " + i);
        }
    }

    private static List<float[]> program(Device device, long seed) {
        RandomSource random = RandomSource.of(seed);
        List<Tensor> all = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            all.add(random.split("x" + i)
                    .uniform(Device.cpu(), Shape.of(SIZE, SIZE), -1, 1)
                    .to(device));
        }
        int[] choices = random.split("choices").permutation(200);
        for (int step = 0; step < 30; step++) {
            int choice = choices[step];
            Tensor a = view(all.get(choice % all.size()), choice / 3 % 4);
            Tensor b = view(all.get(choice / 5 % all.size()), choice / 7 % 5);
            switch (choice % 7) {
                case 0 -> all.add(a.add(b));
                case 1 -> all.add(a.mul(b).sub(0.25));
                case 2 -> all.get(choice % all.size()).addInPlace(b.contiguous());
                case 3 -> all.add(a.relu().max(b));
                case 4 -> all.add(a.lt(b).where(b, a.tanh()));
                case 5 -> {
                    try (TensorScope scope = TensorScope.open()) {
                        all.add(scope.keep(a.square().add(b).sqrt()));
                    }
                }
                default -> all.get(choice % all.size()).copyInPlace(b.mul(0.5).add(0.125));
            }
        }
        return all.stream().map(Tensor::toFloats).toList();
    }

    private static Tensor view(Tensor x, int kind) {
        return switch (kind) {
            case 1 -> x.t();
            case 2 -> x.flip(1);
            case 3 -> x.narrow(0, 2, 1).expand(SIZE, SIZE);
            default -> x;
        };
    }
}
