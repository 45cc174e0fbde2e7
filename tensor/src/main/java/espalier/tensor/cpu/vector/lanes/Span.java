package espalier.tensor.cpu.vector.lanes;

import espalier.tensor.Tensor;
import java.util.Optional;

/**
 * Floats that lie one after the other in an array, from some place on: a contiguous tensor as kernels see it. How many
 * they are follows from the shapes that come with it.
 *
 * @param array not copied
 * @param at where the first of them lies
 */
public record Span(float[] array, int at) {
    /** No floats at all, for an operand that is left out. */
    public static final Span NONE = new Span(new float[0], 0);

    /** The elements of a contiguous F32 tensor. */
    public static Span of(Tensor tensor) {
        return new Span(Heap.floats(tensor), Heap.at(tensor));
    }

    /** Those of any F32 tensor that is only read: of a copy, unless it is contiguous. */
    public static Span contiguous(Tensor tensor) {
        return of(tensor.contiguous());
    }

    /** The same for an operand that may be left out. */
    public static Span contiguous(Optional<Tensor> tensor) {
        return tensor.map(Span::contiguous).orElse(NONE);
    }

    /** Those behind the first {@code count} of them. */
    public Span after(int count) {
        return new Span(array, at + count);
    }

    /** Whether it stands for an operand that is left out. */
    public boolean isEmpty() {
        return array.length == 0;
    }

    /** The float number {@code i}, or 0 if the operand is left out. */
    public float orZero(int i) {
        return isEmpty() ? 0f : array[at + i];
    }
}
