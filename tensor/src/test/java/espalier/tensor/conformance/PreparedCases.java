package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.TernaryMatrix;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PackedKernel;
import espalier.tensor.spi.PoolSpec;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.UnaryOp;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A prepared call says the same bits as the call itself, whatever its tensors held when it was prepared, in whichever
 * thread it is run, and after other calls have used the same working memory.
 */
final class PreparedCases {
    private static final Shape SMALL = Shape.of(3, 5, 9, 11);
    private static final Shape LARGE = Shape.of(6, 17, 30, 31); // a run longer than two tasks
    private static final Optional<Tensor> NO_BIAS = Optional.empty();

    private final Device device;
    private final Backend backend;
    private final List<Case> rows = new ArrayList<>();

    private PreparedCases(Device device) {
        this.device = device;
        this.backend = device.backend();
    }

    /** All rows for a device. */
    static Stream<Case> of(Device device) {
        PreparedCases cases = new PreparedCases(device);
        cases.arrays();
        cases.movement();
        cases.elementwise();
        cases.reductions();
        cases.products();
        cases.convolution();
        cases.packed();
        cases.images();
        return cases.rows.stream();
    }

    // ---- the law

    private void add(String name, List<Tensor> inputs, List<Tensor> outputs, Runnable call) {
        rows.add(new Case("prepared " + name, () -> {
            change(inputs, "other");
            Runnable ready;
            try (TensorScope _ = TensorScope.open()) {
                ready = backend.prepared(call);
            }
            for (String values : List.of("first", "second")) {
                outputs.forEach(out -> backend.fill(out, 77));
                change(inputs, values);
                call.run();
                List<byte[]> expected = outputs.stream().map(Tensor::toBytes).toList();
                outputs.forEach(out -> backend.fill(out, -3));
                change(inputs, values);
                if (values.equals("first")) {
                    ready.run();
                } else {
                    Thread other = new Thread(ready);
                    other.start();
                    other.join();
                }
                for (int i = 0; i < expected.size(); i++) {
                    assertArrayEquals(expected.get(i), outputs.get(i).toBytes(), name + ", output " + i);
                }
            }
        }));
    }

    private static void change(List<Tensor> inputs, String values) {
        for (int i = 0; i < inputs.size(); i++) {
            Tensor x = inputs.get(i);
            RandomSource random = RandomSource.of(i).split(values);
            Tensor fresh = random.uniform(x.device(), x.shape(), -4, 4);
            x.copyInPlace(x.dtype() == DType.F32 ? fresh : x.dtype() == DType.BOOL ? fresh.gt(0) : fresh.to(x.dtype()));
        }
    }

    private Tensor floats(Shape shape) {
        return Tensor.zeros(device, DType.F32, shape);
    }

    private Tensor floats(int... dims) {
        return floats(Shape.of(dims));
    }

    // ---- calls

    private void arrays() {
        rows.add(new Case("arrays of floats come and go", () -> {
            Tensor x = floats(7);
            backend.fill(x, 5);
            backend.upload(new float[] {1, -2, 3}, x.storage(), 2);
            float[] back = new float[6];
            backend.download(x.storage(), 1, back);
            assertArrayEquals(new float[] {5, 1, -2, 3, 5, 5}, back);
        }));
    }

    private void movement() {
        Tensor x = floats(LARGE);
        Tensor turned = floats(31, 30, 17, 6);
        add("copy", List.of(x), List.of(turned), () -> backend.copy(x.permute(3, 2, 1, 0), turned));
        Tensor part = floats(6, 17, 15, 16);
        Tensor stepped = x.slice(2, 0, 30, 2).slice(3, 0, 31, 2);
        add("copy of a step", List.of(x), List.of(part), () -> backend.copy(stepped, part));
        Tensor numbers = Tensor.zeros(device, DType.I32, SMALL);
        Tensor converted = floats(SMALL);
        add("copy from I32", List.of(numbers), List.of(converted), () -> backend.copy(numbers, converted));
        Tensor padded = floats(SMALL);
        add("fill", List.of(), List.of(padded), () -> {
            backend.fill(padded, 2);
            backend.fill(padded.narrow(1, 2, 2), 0.5);
        });
    }

    private void elementwise() {
        for (Shape shape : List.of(SMALL, LARGE)) {
            Tensor x = floats(shape);
            Tensor y = floats(shape);
            Tensor out = floats(shape);
            Tensor bias = floats(shape.dim(1), 1, 1);
            for (UnaryOp op : UnaryOp.values()) {
                if (op != UnaryOp.NOT) {
                    add(op + " " + shape, List.of(x), List.of(out), () -> backend.unary(op, x, out));
                }
            }
            for (BinaryOp op : List.of(BinaryOp.ADD, BinaryOp.MUL, BinaryOp.MAX, BinaryOp.POW)) {
                add(op + " " + shape, List.of(x, y), List.of(out), () -> backend.binary(op, x, y, out));
            }
            Tensor wide = bias.expand(shape);
            add(
                    "ADD a bias " + shape,
                    List.of(x, bias),
                    List.of(out),
                    () -> backend.binary(BinaryOp.ADD, x, wide, out));
            add("ADD a number " + shape, List.of(x), List.of(out), () -> backend.binary(BinaryOp.ADD, x, 2.5, out));
            add("in place " + shape, List.of(x, y), List.of(x), () -> {
                backend.binary(BinaryOp.SUB, x, y, x);
                backend.unary(UnaryOp.RELU, x, x);
            });
            Tensor mask = Tensor.zeros(device, DType.BOOL, shape);
            add("where " + shape, List.of(mask, x, y), List.of(out), () -> backend.where(mask, x, y, out));
        }
        Tensor square = floats(60, 60);
        Tensor sum = floats(60, 60);
        add(
                "ADD a transpose",
                List.of(square),
                List.of(sum),
                () -> backend.binary(BinaryOp.ADD, square, square.t(), sum));
    }

    private void reductions() {
        for (Shape shape : List.of(SMALL, LARGE, Shape.of(2, 1, 1, 70_000))) {
            Tensor x = floats(shape);
            for (ReduceOp op : ReduceOp.values()) {
                for (int[] axes : new int[][] {{3}, {2, 3}, {0}, {1, 3}, {0, 1, 2, 3}}) {
                    DType type = switch (op) {
                        case SUM, SUM_OF_SQUARES, PROD, MIN, MAX -> DType.F32;
                        case ANY, ALL -> DType.BOOL;
                        case COUNT_NONZERO -> DType.I32;
                    };
                    Tensor out = Tensor.zeros(device, type, shape.reduced(axes));
                    String name = op + " of " + shape + " to " + out.shape();
                    add(name, List.of(x), List.of(out), () -> backend.reduce(op, x, axes, out));
                }
            }
        }
    }

    private void products() {
        for (int[] size :
                new int[][] {{1, 50, 70}, {3, 33, 9}, {5, 40, 300}, {30, 64, 70}, {131, 257, 190}, {2, 0, 3}}) {
            Tensor a = floats(size[0], size[1]);
            Tensor b = floats(size[1], size[2]);
            Tensor turned = floats(size[2], size[1]);
            Tensor out = floats(size[0], size[2]);
            add("matmul " + out.shape(), List.of(a, b), List.of(out), () -> backend.matmul(a, b, out));
            add(
                    "matmul of a transpose " + out.shape(),
                    List.of(a, turned),
                    List.of(out),
                    () -> backend.matmul(a, turned.t(), out));
        }
        Tensor many = floats(4, 7, 9);
        Tensor others = floats(4, 9, 8);
        Tensor out = floats(4, 7, 8);
        add("matmul of a batch", List.of(many, others), List.of(out), () -> backend.matmul(many, others, out));
    }

    /** Geometries for each of the ways there are. */
    private record Geometry(int n, int c, int size, int o, int kernel, ConvSpec spec) {
        Shape output() {
            return spec.outputShape(Shape.of(n, c, size, size), Shape.of(o, c / spec.groups(), kernel, kernel));
        }
    }

    private static List<Geometry> geometries() {
        ConvSpec same = ConvSpec.of().withPadding(1);
        return List.of(
                new Geometry(1, 3, 12, 8, 3, same),
                new Geometry(9, 5, 7, 6, 3, same),
                new Geometry(2, 6, 11, 9, 5, ConvSpec.of()),
                new Geometry(2, 16, 10, 12, 1, ConvSpec.of()),
                new Geometry(1, 8, 13, 12, 3, same.withStride(2)),
                new Geometry(1, 64, 14, 256, 3, same),
                new Geometry(2, 8, 12, 8, 3, same.withGroups(8)),
                new Geometry(2, 8, 12, 8, 3, same.withStride(2).withGroups(8)),
                new Geometry(1, 8, 9, 12, 3, same.withGroups(4)));
    }

    private void convolution() {
        for (Geometry g : geometries()) {
            Tensor x = floats(g.n, g.c, g.size, g.size);
            Tensor w = floats(g.o, g.c / g.spec.groups(), g.kernel, g.kernel);
            Tensor bias = floats(g.o);
            Tensor out = floats(g.output());
            add("conv2d " + g, List.of(x, w), List.of(out), () -> backend.conv2d(g.spec, x, w, NO_BIAS, out));
            add(
                    "conv2d with a bias " + g,
                    List.of(x, w, bias),
                    List.of(out),
                    () -> backend.conv2d(g.spec, x, w, Optional.of(bias), out));
        }
    }

    private static List<PackedMatrix> matrices(int rows, int columns) {
        float[] dense = new float[rows * columns];
        RandomSource random = RandomSource.of(3);
        for (int i = 0; i < dense.length; i += 2) {
            dense[i] = (float) random.nextGaussian();
        }
        return List.of(
                DenseMatrix.of(dense, rows, columns),
                CsrMatrix.of(dense, rows, columns),
                BlockMatrix.of(dense, rows, columns),
                Int8Matrix.of(dense, rows, columns),
                TernaryMatrix.of(dense, rows, columns),
                BinaryMatrix.of(dense, rows, columns));
    }

    private void packed() {
        for (PackedMatrix matrix : matrices(37, 66)) {
            PackedKernel kernel = backend.prepare(matrix);
            String name = matrix.getClass().getSimpleName();
            Tensor bias = floats(37);
            for (int n : new int[] {1, 3, 9, 40}) {
                Tensor x = floats(n, 66);
                Tensor y = floats(n, 37);
                add(name + " linear " + n, List.of(x, bias), List.of(y), () -> kernel.linear(x, Optional.of(bias), y));
                Tensor b = floats(66, n);
                Tensor c = floats(37, n);
                add(name + " matmul " + n, List.of(b), List.of(c), () -> kernel.matmul(b, NO_BIAS, c));
            }
        }
        for (Geometry g : geometries()) {
            for (PackedMatrix matrix : matrices(g.o, g.c / g.spec.groups() * g.kernel * g.kernel)) {
                PackedKernel kernel = backend.prepare(matrix);
                String name = matrix.getClass().getSimpleName() + " conv2d " + g;
                Tensor x = floats(g.n, g.c, g.size, g.size);
                Tensor bias = floats(g.o);
                Tensor out = floats(g.output());
                add(
                        name,
                        List.of(x, bias),
                        List.of(out),
                        () -> kernel.conv2d(g.spec, g.kernel, g.kernel, x, Optional.of(bias), out));
            }
        }
    }

    private void images() {
        for (Shape shape : List.of(SMALL, LARGE)) {
            Tensor x = floats(shape);
            for (PoolSpec spec : List.of(PoolSpec.of(2, 2), PoolSpec.of(3, 2).withPadding(1))) {
                Tensor out = floats(spec.outputShape(shape));
                Tensor places = Tensor.zeros(device, DType.I32, out.shape());
                String name = spec + " of " + shape;
                add("max " + name, List.of(x), List.of(out, places), () -> backend.maxPool2d(spec, x, out, places));
                add(
                        "max without indices " + name,
                        List.of(x),
                        List.of(out),
                        () -> backend.maxPool2d(spec, x, true, out, places));
                add("average " + name, List.of(x), List.of(out), () -> backend.avgPool2d(spec, x, out));
            }
            Tensor scale = floats(shape.dim(1));
            Tensor shift = floats(shape.dim(1));
            Tensor out = floats(shape);
            Tensor other = floats(shape);
            add("addRelu " + shape, List.of(x, other), List.of(out), () -> backend.addRelu(x, other, out));
            add("addRelu in place " + shape, List.of(x, other), List.of(x), () -> backend.addRelu(x, other, x));
            add(
                    "scaleShift " + shape,
                    List.of(x, scale, shift),
                    List.of(out),
                    () -> backend.scaleShift(x, scale, shift, true, out));
        }
        Tensor scores = floats(70, 13);
        Tensor out = floats(70, 13);
        for (boolean log : new boolean[] {false, true}) {
            add("softmax, logarithm: " + log, List.of(scores), List.of(out), () -> backend.softmax(scores, log, out));
        }
    }
}
