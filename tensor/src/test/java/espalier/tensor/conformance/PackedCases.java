package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.DenseMatrix;
import espalier.tensor.packed.Int4Matrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.QuantizedMatrix;
import espalier.tensor.packed.TernaryMatrix;
import espalier.tensor.spi.PackedKernel;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** Products with packed matrices against loops over the dense matrix that they stand for. F32 only, as they are. */
final class PackedCases {
    /** A way to pack a dense matrix. */
    private enum Form {
        DENSE,
        CSR,
        BLOCK,
        INT8,
        INT4,
        TERNARY,
        BINARY;

        PackedMatrix of(float[] dense, int rows, int columns) {
            return switch (this) {
                case DENSE -> DenseMatrix.of(dense, rows, columns);
                case CSR -> CsrMatrix.of(dense, rows, columns);
                case BLOCK -> BlockMatrix.of(dense, rows, columns);
                case INT8 -> Int8Matrix.of(dense, rows, columns);
                case INT4 -> Int4Matrix.of(dense, rows, columns);
                case TERNARY -> TernaryMatrix.of(dense, rows, columns);
                case BINARY -> BinaryMatrix.of(dense, rows, columns);
            };
        }
    }

    /** M, K and N: rows, columns, and vectors to multiply with. */
    private static final List<int[]> SIZES = List.of(
            new int[] {0, 3, 2},
            new int[] {3, 2, 0},
            new int[] {1, 1, 1},
            new int[] {3, 7, 8},
            new int[] {4, 8, 17},
            new int[] {5, 65, 1},
            new int[] {17, 16, 9},
            new int[] {9, 130, 35});

    private final Device device;

    private PackedCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        PackedCases cases = new PackedCases(device);
        Stream<Form> forms = limits.types().contains(DType.F32) ? Arrays.stream(Form.values()) : Stream.empty();
        Stream<Case> exact = Arrays.stream(Form.values()).flatMap(form -> cases.exact(form));
        Stream<Case> real = forms.flatMap(form -> Stream.of(
                new Case("packed matmul of " + form, () -> cases.each(size -> cases.matmul(form, size))),
                new Case("packed linear of " + form, () -> cases.each(size -> cases.linear(form, size))),
                new Case(
                        "packed conv2d of " + form,
                        () -> ConvolutionCases.ROWS.forEach(row -> cases.convolution(form, row)))));
        return Stream.concat(real, exact);
    }

    /** The products of integers that a form has. */
    private Stream<Case> exact(Form form) {
        return switch (form) {
            case DENSE, CSR, BLOCK -> Stream.empty();
            case INT8, INT4, TERNARY -> Stream.of(new Case("codes of " + form, () -> each(size -> codes(form, size))));
            case BINARY -> Stream.of(new Case("signs of " + form, () -> each(this::signs)));
        };
    }

    private void each(Consumer<int[]> test) {
        SIZES.forEach(test);
    }

    /** A matrix of which two elements in three are zero. */
    private static PackedMatrix matrix(Form form, int rows, int columns, long seed) {
        double[] values = Samples.TAME.values(DType.F32, rows * columns, seed);
        float[] dense = new float[values.length];
        for (int i = 0; i < dense.length; i += 3) {
            dense[i] = (float) values[i];
        }
        return form.of(dense, rows, columns);
    }

    private Operand operand(Arrangement arrangement, long seed, int... dims) {
        return Operand.of(device, DType.F32, Shape.of(dims), arrangement, Samples.TAME, seed);
    }

    private interface Product {
        void into(Optional<Tensor> bias, Tensor out);
    }

    /** With and without bias, which is added to every output of its row of the matrix. */
    private void check(
            String what,
            Shape shape,
            int rowStride,
            Operand bias,
            Product product,
            Consumer<ConvolutionCases.Sums> sum) {
        for (boolean biased : new boolean[] {false, true}) {
            ConvolutionCases.Sums sums = new ConvolutionCases.Sums(shape, DType.F32);
            if (biased) {
                for (int i = 0; i < sums.values.length; i++) {
                    sums.add(i, bias.values()[i / rowStride % bias.values().length], 1);
                }
            }
            sum.accept(sums);
            Target out = Target.of(device, DType.F32, shape);
            product.into(biased ? Optional.of(bias.tensor()) : Optional.empty(), out.view());
            sums.check(what + (biased ? " with bias" : ""), out);
        }
    }

    private void matmul(Form form, int[] size) {
        long seed = 1;
        PackedMatrix matrix = matrix(form, size[0], size[1], 7);
        PackedKernel kernel = device.backend().prepare(matrix);
        float[] w = matrix.toDense();
        int n = size[2];
        for (Arrangement arrangement : Arrangement.values()) {
            Operand b = operand(arrangement, seed++, size[1], n);
            Operand bias = operand(arrangement, seed++, size[0]);
            String what = "packed matmul of " + form + " " + Arrays.toString(size) + " and " + b.name();
            check(
                    what,
                    Shape.of(size[0], n),
                    Math.max(1, n),
                    bias,
                    (given, out) -> kernel.matmul(b.tensor(), given, out),
                    sums -> products(
                            size, (i, j, k) -> sums.add(i * n + j, w[i * size[1] + k], b.values()[k * n + j])));
        }
    }

    private void linear(Form form, int[] size) {
        long seed = 1;
        PackedMatrix matrix = matrix(form, size[0], size[1], 8);
        PackedKernel kernel = device.backend().prepare(matrix);
        float[] w = matrix.toDense();
        int m = size[0];
        int inputs = size[1];
        for (Arrangement arrangement : Arrangement.values()) {
            Operand x = operand(arrangement, seed++, size[2], inputs);
            Operand bias = operand(arrangement, seed++, m);
            String what = "packed linear of " + form + " " + Arrays.toString(size) + " and " + x.name();
            check(
                    what,
                    Shape.of(size[2], m),
                    1,
                    bias,
                    (given, out) -> kernel.linear(x.tensor(), given, out),
                    sums -> products(
                            size, (i, j, k) -> sums.add(j * m + i, w[i * inputs + k], x.values()[j * inputs + k])));
        }
    }

    private void codes(Form form, int[] size) {
        long seed = 1;
        QuantizedMatrix matrix = (QuantizedMatrix) matrix(form, size[0], size[1], 10);
        PackedKernel kernel = device.backend().prepare(matrix);
        for (Arrangement arrangement : Arrangement.values()) {
            Operand b = Operand.of(device, DType.I8, Shape.of(size[1], size[2]), arrangement, Samples.TAME, seed++);
            int[] expected = new int[size[0] * size[2]];
            products(
                    size,
                    (i, j, k) -> expected[i * size[2] + j] += matrix.code(i, k) * (int) b.values()[k * size[2] + j]);
            Tensor out = Tensor.zeros(device, DType.I32, Shape.of(size[0], size[2]));
            kernel.multiplyCodes(b.tensor(), out);
            assertArrayEquals(expected, out.toInts(), () -> matrix + " and " + b.name());
        }
    }

    private void signs(int[] size) {
        BinaryMatrix w = (BinaryMatrix) matrix(Form.BINARY, size[0], size[1], 11);
        BinaryMatrix v = (BinaryMatrix) matrix(Form.BINARY, size[2], size[1], 12);
        int[] expected = new int[size[0] * size[2]];
        products(size, (i, j, k) -> expected[i * size[2] + j] += w.isNegative(i, k) == v.isNegative(j, k) ? 1 : -1);
        Tensor out = Tensor.zeros(device, DType.I32, Shape.of(size[0], size[2]));
        device.backend().prepare(w).multiplySigns(v, out);
        assertArrayEquals(expected, out.toInts(), () -> w + " and " + v);
    }

    private interface Term {
        void at(int i, int j, int k);
    }

    /** All row, column and inner indices of a product. */
    private static void products(int[] size, Term term) {
        for (int i = 0; i < size[0]; i++) {
            for (int j = 0; j < size[2]; j++) {
                for (int k = 0; k < size[1]; k++) {
                    term.at(i, j, k);
                }
            }
        }
    }

    private void convolution(Form form, ConvolutionCases.Row row) {
        long seed = 1;
        Shape weight = row.weight();
        PackedMatrix matrix = matrix(form, weight.dim(0), weight.without(0).size(), 9);
        PackedKernel kernel = device.backend().prepare(matrix);
        float[] w = matrix.toDense();
        Shape output = row.output();
        for (Arrangement arrangement : List.of(
                Arrangement.CONTIGUOUS, Arrangement.OFFSET, Arrangement.TRANSPOSED, Arrangement.BROADCAST_FIRST)) {
            Operand x = operand(arrangement, seed++, row.input().toArray());
            Operand bias = operand(arrangement, seed++, weight.dim(0));
            String what = "packed conv2d of " + form + " " + weight + " and " + x.name() + " " + row.spec();
            check(
                    what,
                    output,
                    output.dim(2) * output.dim(3),
                    bias,
                    (given, out) -> kernel.conv2d(row.spec(), weight.dim(2), weight.dim(3), x.tensor(), given, out),
                    sums -> ConvolutionCases.pairs(row, (y, at, tap) -> sums.add(y, x.values()[at], w[tap])));
        }
    }
}
