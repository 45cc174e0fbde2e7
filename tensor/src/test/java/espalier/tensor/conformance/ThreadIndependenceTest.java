package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.ConvBatchNorm;
import espalier.tensor.ConvMaxPool;
import espalier.tensor.Convolution;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Normalization;
import espalier.tensor.Pooling;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;
import espalier.tensor.Update;
import espalier.tensor.cpu.ScalarBackend;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.Int4Matrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.PackedWeights;
import espalier.tensor.packed.TernaryMatrix;
import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.SgdSpec;
import espalier.tensor.spi.UnaryOp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Every operation on tensors large enough to be shared gives the same bits with 1, 2, 3 and 8 threads. */
class ThreadIndependenceTest {
    private static final Shape IMAGES = Shape.of(6, 17, 30, 31);

    @TestFactory
    Stream<DynamicTest> fastest() {
        return sameBits(Device::cpu);
    }

    @TestFactory
    Stream<DynamicTest> scalar() {
        return sameBits(threads -> new Device("scalar", new ScalarBackend(threads)));
    }

    @Test
    void everyOperationIsAmongThem() {
        Recorder recorder = new Recorder();
        Device device = recorder.beside(Device.reference());
        for (Function<Device, List<Tensor>> program : programs().values()) {
            try {
                program.apply(device);
            } catch (IllegalArgumentException expected) {
                // Nothing is computed, so indices may be out of range; what counts is that it was asked.
            }
        }
        Set<String> missing = new TreeSet<>(CoverageTest.missing(recorder.calls()));
        missing.removeAll(
                Set.of("name()", "description()", "finish()", "flush()", "nearBytes()")); // these compute nothing
        missing.removeAll(Set.of("upload(float[], Storage, int)", "download(Storage, int, float[])"));
        assertEquals(Set.of(), missing);
    }

    private static Stream<DynamicTest> sameBits(IntFunction<Device> withThreads) {
        List<Device> devices = Stream.of(1, 2, 3, 8).map(withThreads::apply).toList();
        return programs().entrySet().stream()
                .map(program -> DynamicTest.dynamicTest(program.getKey(), () -> {
                    List<Integer> expected = hashes(program.getValue().apply(devices.getFirst()));
                    for (int i = 1; i < devices.size(); i++) {
                        List<Integer> actual = hashes(program.getValue().apply(devices.get(i)));
                        assertEquals(
                                expected,
                                actual,
                                "hashes of the results of "
                                        + List.of(1, 2, 3, 8).get(i) + " threads");
                    }
                }));
    }

    private static List<Integer> hashes(List<Tensor> results) {
        return results.stream().map(x -> Arrays.hashCode(x.toBytes())).toList();
    }

    private static Tensor normal(Device device, String name, Shape shape) {
        return RandomSource.of(1).split(name).normal(device, shape);
    }

    private static Tensor normal(Device device, String name, int... dims) {
        return normal(device, name, Shape.of(dims));
    }

    private static Tensor integers(Device device, int bound, Shape shape) {
        RandomSource random = RandomSource.of(2);
        int[] values = new int[shape.size()];
        Arrays.setAll(values, i -> random.nextInt(bound));
        return Tensor.of(device, values, shape);
    }

    private static Map<String, Function<Device, List<Tensor>>> programs() {
        Map<String, Function<Device, List<Tensor>>> programs = new LinkedHashMap<>();
        programs.put("unary", ThreadIndependenceTest::unary);
        programs.put("binary", ThreadIndependenceTest::binary);
        programs.put("reductions", ThreadIndependenceTest::reductions);
        programs.put("copies", ThreadIndependenceTest::copies);
        programs.put("indexing", ThreadIndependenceTest::indexing);
        programs.put("products", ThreadIndependenceTest::products);
        ConvSpec plain = ConvSpec.of();
        programs.put("convolution", device -> convolution(device, plain.withPadding(1), 3, 16, 24));
        programs.put("convolution of odd channels", device -> convolution(device, plain.withPadding(1), 3, 17, 21));
        programs.put("convolution in groups", device -> convolution(device, plain.withGroups(8), 3, 16, 24));
        programs.put("convolution with a stride", device -> convolution(device, plain.withStride(2), 3, 16, 24));
        programs.put("convolution of one image", device -> oneImage(device, plain.withPadding(1)));
        programs.put("unit", device -> unit(device, plain.withPadding(1), Shape.of(12, 16, 32, 32), 32));
        programs.put("unit of two chunks", device -> unit(device, plain, Shape.of(2, 5, 20, 20), 6));
        programs.put("pooled unit", device -> pooledUnit(device, Shape.of(24, 1, 28, 28), 20));
        programs.put("pooled unit of two chunks", device -> pooledUnit(device, Shape.of(2, 5, 20, 20), 6));
        programs.put("unit with a stride", device -> unit(device, plain.withStride(2), Shape.of(8, 16, 64, 64), 24));
        programs.put("convolution 5x5", device -> convolution(device, plain.withPadding(2), 5, 16, 24));
        programs.put("convolution 5x5 dilated", device -> convolution(device, plain.withDilation(2), 5, 16, 24));
        programs.put("convolution 1x1", device -> convolution(device, plain, 1, 32, 48));
        programs.put("convolution 1x1 with a stride", device -> convolution(device, plain.withStride(2), 1, 32, 48));
        programs.put(
                "depthwise", device -> convolution(device, plain.withPadding(1).withGroups(16), 3, 16, 16));
        programs.put(
                "depthwise with a stride",
                device -> convolution(device, plain.withStride(2).withGroups(16), 3, 16, 16));
        programs.put("packed", ThreadIndependenceTest::packed);
        programs.put("blocked", BlockedCases::results);
        programs.put("pooling", ThreadIndependenceTest::pooling);
        programs.put("normalization", ThreadIndependenceTest::normalization);
        programs.put("softmax", ThreadIndependenceTest::softmax);
        programs.put("updates", ThreadIndependenceTest::updates);
        programs.put("prepared", ThreadIndependenceTest::prepared);
        programs.put("inference", ThreadIndependenceTest::inference);
        return programs;
    }

    private static List<Tensor> unary(Device device) {
        Tensor x = normal(device, "x", IMAGES);
        List<Tensor> results = new ArrayList<>();
        for (UnaryOp op : UnaryOp.values()) {
            DType type = op == UnaryOp.NOT ? DType.BOOL : DType.F32;
            for (Tensor operand : List.of(x, x.transpose(0, 3))) {
                Tensor out = Tensor.allocate("test", device, type, operand.shape());
                device.backend().unary(op, operand, out);
                results.add(out);
            }
        }
        return results;
    }

    private static List<Tensor> binary(Device device) {
        Tensor a = normal(device, "a", IMAGES);
        Tensor b = normal(device, "b", IMAGES);
        Tensor bias = normal(device, "bias", 17, 1, 1).expand(IMAGES);
        List<Tensor> results = new ArrayList<>();
        for (BinaryOp op : BinaryOp.values()) {
            DType type = op.isPredicate() ? DType.BOOL : DType.F32;
            for (Tensor right : List.of(b, bias)) {
                Tensor out = Tensor.allocate("test", device, type, IMAGES);
                device.backend().binary(op, a, right, out);
                results.add(out);
            }
            Tensor out = Tensor.allocate("test", device, type, IMAGES);
            device.backend().binary(op, a, 0.75, out);
            results.add(out);
        }
        results.add(a.gt(b).where(a, bias));
        return results;
    }

    private static List<Tensor> reductions(Device device) {
        Tensor x = normal(device, "x", IMAGES);
        List<Tensor> results = new ArrayList<>();
        for (ReduceOp op : ReduceOp.values()) {
            for (int[] axes :
                    List.of(new int[] {0}, new int[] {1}, new int[] {3}, new int[] {0, 2, 3}, new int[] {0, 1, 2, 3})) {
                DType type = switch (op) {
                    case SUM, SUM_OF_SQUARES, PROD, MIN, MAX -> DType.F32;
                    case ANY, ALL -> DType.BOOL;
                    case COUNT_NONZERO -> DType.I32;
                };
                Tensor out = Tensor.allocate("test", device, type, IMAGES.reduced(axes));
                device.backend().reduce(op, x, axes, out);
                results.add(out);
            }
        }
        for (int axis = 0; axis < 4; axis++) {
            results.addAll(List.of(x.argmax(axis), x.argmin(axis), x.cumsum(axis)));
        }
        return results;
    }

    private static List<Tensor> copies(Device device) {
        Tensor x = normal(device, "x", IMAGES);
        return List.of(
                x.permute(3, 1, 0, 2).copy(),
                x.flip(1).copy(),
                x.to(DType.F64),
                x.mul(20).to(DType.I32),
                x.to(DType.F16),
                Tensor.full(device, DType.F32, IMAGES, 3));
    }

    private static List<Tensor> indexing(Device device) {
        Tensor x = normal(device, "x", IMAGES);
        Tensor rows = integers(device, 6, Shape.of(300));
        Tensor places = integers(device, 30, IMAGES.with(2, 50));
        Tensor into = Tensor.zeros(device, DType.F32, IMAGES);
        into.scatterAddInPlace(2, places, normal(device, "y", places.shape()));
        var sorted = x.sort(1, true);
        return List.of(x.indexSelect(0, rows), x.gather(2, places), into, sorted.values(), sorted.indices());
    }

    private static List<Tensor> products(Device device) {
        Tensor a = normal(device, "a", 131, 257);
        Tensor b = normal(device, "b", 257, 190);
        Tensor batch = normal(device, "batch", 9, 65, 47);
        return List.of(
                a.matmul(b),
                b.t().matmul(a.t()),
                batch.t().matmul(batch),
                batch.matmul(normal(device, "one", 47, 33)),
                normal(device, "tall", 3000, 20).matmul(normal(device, "few", 20, 3)),
                normal(device, "long", 3, 20_000).matmul(normal(device, "column", 20_000, 2)));
    }

    private static List<Tensor> convolution(Device device, ConvSpec spec, int kernel, int inputs, int outputs) {
        Tensor x = normal(device, "x", 5, inputs, 19, 21);
        Tensor w = normal(device, "w", outputs, inputs / spec.groups(), kernel, kernel);
        Tensor y = Convolution.conv2d(spec, x, w, Optional.of(normal(device, "bias", outputs)));
        Tensor g = normal(device, "g", y.shape());
        return List.of(
                y, Convolution.inputGradient(spec, g, w, x.shape()), Convolution.weightGradient(spec, x, g, w.shape()));
    }

    private static List<Tensor> packed(Device device) {
        float[] dense = new float[72 * 144];
        RandomSource random = RandomSource.of(3);
        for (int i = 0; i < dense.length; i += 2) {
            dense[i] = (float) random.nextGaussian();
        }
        Tensor x = normal(device, "x", 8, 16, 15, 17);
        Tensor rows = normal(device, "rows", 100, 144);
        Optional<Tensor> bias = Optional.of(normal(device, "bias", 72));
        List<Tensor> results = new ArrayList<>();
        for (PackedMatrix matrix : List.of(
                DenseMatrix.of(dense, 72, 144),
                CsrMatrix.of(dense, 72, 144),
                BlockMatrix.of(dense, 72, 144),
                Int8Matrix.of(dense, 72, 144),
                Int4Matrix.of(dense, 72, 144),
                TernaryMatrix.of(dense, 72, 144),
                BinaryMatrix.of(dense, 72, 144))) {
            PackedWeights weights = PackedWeights.of(device, matrix);
            results.add(weights.linear(rows, bias));
            results.add(weights.matmul(rows.t()));
            results.add(weights.conv2d(ConvSpec.of().withPadding(1), 3, 3, x, bias));
        }
        Tensor codes = normal(device, "codes", 144, 130).mul(20).to(DType.I8);
        results.add(PackedWeights.of(device, Int8Matrix.of(dense, 72, 144)).matmulCodes(codes));
        BinaryMatrix signs = BinaryMatrix.of(dense, 72, 144);
        results.add(PackedWeights.of(device, signs).matmulSigns(signs));
        return results;
    }

    private static List<Tensor> pooling(Device device) {
        Tensor x = normal(device, "x", IMAGES);
        PoolSpec spec = PoolSpec.of(3, 2).withPadding(1);
        var pooled = Pooling.max(spec, x);
        Tensor g = normal(device, "g", pooled.values().shape());
        return List.of(
                pooled.values(),
                pooled.indices(),
                Pooling.maxGradient(spec, g, pooled.indices(), IMAGES),
                Pooling.average(spec, x),
                Pooling.averageGradient(spec, g, IMAGES));
    }

    /** Several threads cut it finer than one does. */
    private static List<Tensor> oneImage(Device device, ConvSpec spec) {
        List<Tensor> results = new ArrayList<>();
        for (int channels : new int[] {16, 32, 64}) {
            Tensor x = normal(device, "x", 1, channels, 512 / channels, 512 / channels);
            Tensor w = normal(device, "w", channels, channels, 3, 3);
            results.add(Convolution.conv2d(spec, x, w));
            results.add(Convolution.inputGradient(spec, x, w, x.shape()));
        }
        return results;
    }

    private static List<Tensor> unit(Device device, ConvSpec spec, Shape images, int outputs) {
        Tensor x = normal(device, "x", images);
        Tensor w = normal(device, "w", outputs, images.dim(1), 3, 3);
        Shape made = spec.outputShape(images, w.shape());
        List<Tensor> results = new ArrayList<>();
        for (boolean shortcut : new boolean[] {false, true}) {
            var unit = new ConvBatchNorm(
                    spec,
                    x,
                    w,
                    normal(device, "scale", outputs),
                    normal(device, "shift", outputs),
                    shortcut ? Optional.of(normal(device, "past", made)) : Optional.empty(),
                    true,
                    1e-5);
            var forward = unit.forward();
            var back = unit.gradient(
                    forward, normal(device, "g", made), Optional.of(normal(device, "more", images)), true, true);
            results.addAll(List.of(forward.product(), forward.output(), forward.mean(), forward.variance()));
            results.addAll(List.of(back.x().orElseThrow(), back.w().orElseThrow(), back.scale(), back.shift()));
            back.shortcut().ifPresent(results::add);
        }
        return results;
    }

    private static List<Tensor> pooledUnit(Device device, Shape images, int outputs) {
        Tensor w = normal(device, "w", outputs, images.dim(1), 5, 5);
        Optional<Tensor> bias = Optional.of(normal(device, "bias", outputs));
        var unit = new ConvMaxPool(ConvSpec.of(), PoolSpec.of(2, 2), normal(device, "x", images), w, bias, true);
        var forward = unit.forward();
        var back = unit.gradient(forward, normal(device, "g", unit.outputShape()), true, true);
        return List.of(
                forward.output(),
                forward.places(),
                back.x().orElseThrow(),
                back.w().orElseThrow(),
                back.bias().orElseThrow());
    }

    private static List<Tensor> normalization(Device device) {
        Tensor x = normal(device, "x", IMAGES);
        Tensor g = normal(device, "g", IMAGES);
        Tensor scale = normal(device, "scale", 17);
        Tensor shift = normal(device, "shift", 17);
        var forward = Normalization.batchNorm(x, scale, shift, 1e-5);
        var back = Normalization.batchNormGradient(x, g, scale, forward.mean(), forward.variance(), 1e-5);
        var gated = Normalization.batchNormRelu(x, scale, shift, 1e-5);
        var gatedBack = Normalization.batchNormReluGradient(x, gated, g, scale, shift, 1e-5);
        var rows = Normalization.standardize(x, 1e-5);
        return List.of(
                gated.output(),
                gatedBack.input(),
                gatedBack.scale(),
                gatedBack.shift(),
                forward.output(),
                forward.mean(),
                forward.variance(),
                back.input(),
                back.scale(),
                back.shift(),
                rows.output(),
                Normalization.standardizeGradient(rows, g, 1e-5),
                Normalization.scaleShift(x, scale, shift));
    }

    private static List<Tensor> softmax(Device device) {
        Tensor x = normal(device, "x", 700, 131);
        Tensor g = normal(device, "g", 700, 131);
        Tensor labels = integers(device, 131, Shape.of(700));
        Tensor y = Softmax.softmax(x);
        Tensor logs = Softmax.logSoftmax(x);
        var loss = Softmax.crossEntropy(x, labels, 0.1);
        return List.of(
                y,
                logs,
                Softmax.gradient(y, g, false),
                Softmax.gradient(logs, g, true),
                loss.losses(),
                loss.probabilities(),
                Softmax.crossEntropyGradient(loss.probabilities(), labels, 0.1, normal(device, "h", 700)));
    }

    /** Shared loops, one in turn and one in a scope of its own, run for a second time. */
    private static List<Tensor> prepared(Device device) {
        Tensor x = normal(device, "x", 1, 64, 14, 14);
        Tensor w = normal(device, "w", 256, 64, 3, 3);
        Tensor y = Tensor.zeros(device, DType.F32, Shape.of(1, 256, 14, 14));
        Tensor total = Tensor.zeros(device, DType.F32, Shape.of(1, 256, 1, 1));
        Runnable ready = device.backend().prepared(() -> {
            device.backend().conv2d(ConvSpec.of().withPadding(1), x, w, Optional.empty(), y);
            device.backend().unary(UnaryOp.RELU, y, y);
            device.backend().reduce(ReduceOp.SUM, y, new int[] {2, 3}, total);
        });
        x.mulInPlace(0.5);
        ready.run();
        return List.of(y, total);
    }

    /** What inference alone asks for. */
    private static List<Tensor> inference(Device device) {
        Tensor x = normal(device, "x", IMAGES);
        Tensor sum = Tensor.zeros(device, DType.F32, IMAGES);
        device.backend().addRelu(x, normal(device, "y", IMAGES), sum);
        PoolSpec spec = PoolSpec.of(2, 2);
        Tensor maxima = Tensor.zeros(device, DType.F32, spec.outputShape(IMAGES));
        Tensor unread = Tensor.zeros(device, DType.I32, maxima.shape());
        device.backend().maxPool2d(spec, x, true, maxima, unread);
        return List.of(sum, maxima);
    }

    private static List<Tensor> updates(Device device) {
        Tensor g = normal(device, "g", IMAGES);
        Tensor w = normal(device, "w", IMAGES);
        Tensor v = normal(device, "v", IMAGES);
        Tensor u = normal(device, "u", IMAGES).square();
        Update.sgd(new SgdSpec(0.1, 0.9, 1e-4, true), w, g, Optional.of(v));
        Update.adam(new AdamSpec(0.1, 0.9, 0.999, 1e-8, 1e-4, true, 3), w, g, v, u);
        return List.of(w, v, u);
    }
}
