package espalier.examples.bench;

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
 * Quantized weights {@code [1024, 1024]} times F32 {@code [1024, 1024]}: weights take 8 bits or fewer, activations stay F32.
 * Two operations are counted for each multiply-add that dense weights would take.
 */
final class LowBitWorkloads {
    private static final int SIZE = 1024;

    private LowBitWorkloads() {}

    static List<Workload> all() {
        return List.of(
                workload("i8gemm-" + SIZE, Int8Matrix::of),
                workload("i4gemm-" + SIZE, Int4Matrix::of),
                workload("ternary-gemm-" + SIZE, TernaryMatrix::of),
                workload("binary-gemm-" + SIZE, BinaryMatrix::of));
    }

    @FunctionalInterface
    private interface Packing {
        PackedMatrix of(float[] dense, int rows, int columns);
    }

    private static Workload workload(String name, Packing packing) {
        return Workload.rate(name, Unit.GOPS, 2.0 * SIZE * SIZE * SIZE, threads -> {
            float[] dense = RandomSource.of(1)
                    .normal(Device.cpu(), Shape.of(SIZE, SIZE))
                    .toFloats();
            PackedWeights weights = PackedWeights.of(threads.device(), packing.of(dense, SIZE, SIZE));
            Tensor b = Inputs.uniform(threads, SIZE, SIZE);
            return Inputs.scoped(() -> weights.matmul(b));
        });
    }
}
