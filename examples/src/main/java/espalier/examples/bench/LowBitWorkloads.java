package espalier.examples.bench;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.packed.BinaryMatrix;
import espalier.tensor.packed.Int4Matrix;
import espalier.tensor.packed.Int8Matrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.PackedWeights;
import espalier.tensor.packed.TernaryMatrix;
import java.util.List;

/**
 * Quantized weights {@code [1024, 1024]} times {@code [1024, 1024]}. In {@code xnor-gemm} both sides are signs and in
 * {@code i8gemm} both are 8-bit integers, with integer sums; in the others the right side is F32. Two operations are
 * counted for each multiply-add that dense weights would take.
 */
final class LowBitWorkloads {
    private static final int SIZE = 1024;
    private static final double OPERATIONS = 2.0 * SIZE * SIZE * SIZE;

    private LowBitWorkloads() {}

    static List<Workload> all() {
        return List.of(
                Workload.rate("xnor-gemm-" + SIZE, Unit.GOPS, OPERATIONS, LowBitWorkloads::signs),
                Workload.rate("i8gemm-" + SIZE, Unit.GOPS, OPERATIONS, LowBitWorkloads::integers),
                workload("i8xf32-gemm-" + SIZE, Int8Matrix::of),
                workload("i4xf32-gemm-" + SIZE, Int4Matrix::of),
                workload("ternaryxf32-gemm-" + SIZE, TernaryMatrix::of),
                workload("binaryxf32-gemm-" + SIZE, BinaryMatrix::of));
    }

    private static Runnable signs(Threads threads) {
        PackedWeights weights = PackedWeights.of(threads.device(), BinaryMatrix.of(dense(1), SIZE, SIZE));
        BinaryMatrix right = BinaryMatrix.of(dense(2), SIZE, SIZE);
        return Inputs.scoped(() -> weights.matmulSigns(right));
    }

    private static Runnable integers(Threads threads) {
        PackedWeights weights = PackedWeights.of(threads.device(), Int8Matrix.of(dense(1), SIZE, SIZE));
        Tensor right = Inputs.uniform(threads, SIZE, SIZE).mul(127).to(DType.I8);
        return Inputs.scoped(() -> weights.matmulCodes(right));
    }

    private static float[] dense(long seed) {
        return RandomSource.of(seed).normal(Device.cpu(), Shape.of(SIZE, SIZE)).toFloats();
    }

    @FunctionalInterface
    private interface Packing {
        PackedMatrix of(float[] dense, int rows, int columns);
    }

    private static Workload workload(String name, Packing packing) {
        return Workload.rate(name, Unit.GOPS, OPERATIONS, threads -> {
            PackedWeights weights = PackedWeights.of(threads.device(), packing.of(dense(1), SIZE, SIZE));
            Tensor b = Inputs.uniform(threads, SIZE, SIZE);
            return Inputs.scoped(() -> weights.matmul(b));
        });
    }
}
