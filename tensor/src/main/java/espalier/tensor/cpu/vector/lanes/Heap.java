package espalier.tensor.cpu.vector.lanes;

import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.cpu.HeapStorage;

/** The arrays behind tensors. */
public final class Heap {
    private Heap() {}

    /** Whether all are F32, the type the vector kernels compute in. */
    public static boolean areFloats(Tensor... tensors) {
        for (Tensor tensor : tensors) {
            if (tensor.dtype() != DType.F32) {
                return false;
            }
        }
        return true;
    }

    public static float[] floats(Tensor tensor) {
        return ((HeapStorage) tensor.storage()).floats();
    }

    public static int[] ints(Tensor tensor) {
        return ((HeapStorage) tensor.storage()).ints();
    }

    public static byte[] bytes(Tensor tensor) {
        return ((HeapStorage) tensor.storage()).bytes();
    }

    /** Where the first element lies. */
    public static int at(Tensor tensor) {
        return tensor.layout().offset();
    }
}
