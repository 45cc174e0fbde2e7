package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;

/** Matrix products against three nested loops in double precision. */
final class ProductCases {
    /** M, K, N: empty ones, vectors, and sizes beside the tiles of a kernel. */
    private static final List<int[]> SIZES = List.of(
            new int[] {0, 3, 2},
            new int[] {2, 0, 3},
            new int[] {2, 3, 0},
            new int[] {1, 1, 1},
            new int[] {1, 35, 1},
            new int[] {1, 7, 17},
            new int[] {17, 9, 1},
            new int[] {3, 5, 8},
            new int[] {7, 16, 9},
            new int[] {8, 8, 16},
            new int[] {5, 67, 15},
            new int[] {13, 2, 33},
            new int[] {35, 17, 67});

    private final Device device;

    private ProductCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        ProductCases cases = new ProductCases(device);
        Set<DType> types = EnumSet.of(DType.F32, DType.F64, DType.I32);
        types.retainAll(limits.types());
        return types.stream()
                .flatMap(type -> Stream.of(
                        new Case("matmul of " + type, () -> cases.matmul(type)),
                        new Case("matmul with infinities and NaN of " + type, () -> cases.hard(type))));
    }

    private void matmul(DType type) {
        long seed = 1;
        for (int[] size : SIZES) {
            for (Arrangement left : Arrangement.values()) {
                for (Arrangement right : Arrangement.values()) {
                    matmul(type, size, left, right, seed++);
                }
                for (Arrangement right : List.of(left, Arrangement.CONTIGUOUS)) {
                    matmul(type, size, left, right, seed++, 3);
                    matmul(type, size, left, right, seed++, 2, 3);
                    matmul(type, size, left, right, seed++, 0);
                }
            }
        }
    }

    private void matmul(DType type, int[] size, Arrangement left, Arrangement right, long seed, int... batch) {
        Operand a = operand(type, batch, size[0], size[1], left, seed);
        Operand b = operand(type, batch, size[1], size[2], right, -seed);
        matmul(a, b);
    }

    private void hard(DType type) {
        for (long seed = 0; seed < 20; seed++) {
            Random random = new Random(seed);
            double[] a = Samples.TAME.values(type, 5 * 9, seed);
            double[] b = Samples.TAME.values(type, 9 * 17, seed + 100);
            if (type.isFloating()) {
                a[random.nextInt(a.length)] = Double.NaN;
                a[random.nextInt(a.length)] = Double.POSITIVE_INFINITY;
                b[random.nextInt(b.length)] = 0;
                b[random.nextInt(b.length)] = Double.NEGATIVE_INFINITY;
            }
            matmul(Operand.exactly(device, type, a, 5, 9), Operand.exactly(device, type, b, 9, 17));
        }
    }

    private Operand operand(DType type, int[] batch, int rows, int columns, Arrangement arrangement, long seed) {
        int[] dims = Arrays.copyOf(batch, batch.length + 2);
        dims[batch.length] = rows;
        dims[batch.length + 1] = columns;
        return Operand.of(device, type, Shape.of(dims), arrangement, Samples.TAME, seed);
    }

    private void matmul(Operand a, Operand b) {
        int m = a.shape().dim(-2);
        int k = a.shape().dim(-1);
        int n = b.shape().dim(-1);
        Shape shape = a.shape().with(-1, n);
        double[] expected = new double[shape.size()];
        double[] bounds = new double[shape.size()];
        for (int i = 0; i < expected.length; i++) {
            int batch = i / (m * n);
            double size = 0;
            for (int l = 0; l < k; l++) {
                double product = a.values()[(batch * m + i / n % m) * k + l] * b.values()[(batch * k + l) * n + i % n];
                expected[i] += product;
                size += Math.abs(product);
            }
            bounds[i] = Double.isFinite(size) ? k * Expect.unitRoundoff(a.dtype()) * size : 0;
        }
        String what = "matmul of " + a.name() + " and " + b.name();
        Target out = Target.of(device, a.dtype(), shape);
        device.backend().matmul(a.tensor(), b.tensor(), out.view());
        Expect.bounded(what, expected, bounds, out.written(what));
    }
}
