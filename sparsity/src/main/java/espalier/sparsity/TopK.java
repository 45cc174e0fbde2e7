package espalier.sparsity;

import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * Keeps the largest: exactly {@code k} of a vector of importances, of equal ones those with the lower index.
 *
 * <p>A threshold would lose or keep all ties at once, and wipe out a tensor whose elements are equal; this does not.
 */
public final class TopK {
    private TopK() {}

    /** A mask (BOOL, of the importances' shape) that is true at the {@code k} largest. */
    public static Tensor mask(Tensor importances, int k) {
        if (k < 0 || k > importances.size()) {
            throw new IllegalArgumentException("topK: cannot keep " + k + " of " + importances.size());
        }
        byte[] kept = new byte[importances.size()];
        int[] largest = importances.reshape(-1).topK(0, k).indices().toInts();
        for (int index : largest) {
            kept[index] = 1;
        }
        Shape shape = importances.shape();
        return Tensor.of(importances.device(), DType.BOOL, kept, shape);
    }
}
