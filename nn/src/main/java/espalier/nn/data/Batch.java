package espalier.nn.data;

import espalier.tensor.Tensor;

/**
 * Samples that are computed together.
 *
 * @param images {@code [N, ..sample shape]}, F32
 * @param labels {@code [N]}, I32
 */
public record Batch(Tensor images, Tensor labels) {
    /** Number of samples. */
    public int size() {
        return labels.size();
    }
}
