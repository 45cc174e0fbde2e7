package espalier.autograd;

import espalier.tensor.PadMode;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What an operation was told besides its inputs: a stride, axes, a slope. A recorded {@link Node} keeps it, so that a
 * network can be read from its nodes: drawn, cut smaller, or run without them.
 *
 * <p>Axes are counted from 0. What the shapes of input and output already say, such as the target of a reshape, is not
 * repeated here.
 */
public sealed interface Spec {
    /** Of an operation that its inputs and shapes describe, or that does not say more. */
    Spec NONE = new None();

    /** Nothing. */
    record None() implements Spec {}

    /**
     * Of convolutions.
     *
     * @param spec how the kernel walks
     */
    record Conv(ConvSpec spec) implements Spec {}

    /**
     * Of pooling.
     *
     * @param spec how the window walks
     */
    record Pool(PoolSpec spec) implements Spec {}

    /**
     * Of reductions, softmax and concatenation.
     *
     * @param axes in rising order
     */
    record Axes(List<Integer> axes) implements Spec {
        /** Keeps a copy. */
        public Axes {
            axes = List.copyOf(axes);
        }

        /** Of one or more axes. */
        public static Axes of(int... axes) {
            return new Axes(Arrays.stream(axes).sorted().boxed().toList());
        }
    }

    /**
     * Of permute, transpose and t.
     *
     * @param order for each axis of the output the input's
     */
    record Order(List<Integer> order) implements Spec {
        /** Keeps a copy. */
        public Order {
            order = List.copyOf(order);
        }

        static Order of(int... order) {
            return new Order(Arrays.stream(order).boxed().toList());
        }

        /** Two axes exchanged; below 0 they count from the end. */
        static Order exchanging(int rank, int a, int b) {
            List<Integer> order =
                    new ArrayList<>(IntStream.range(0, rank).boxed().toList());
            Collections.swap(order, Math.floorMod(a, rank), Math.floorMod(b, rank));
            return new Order(order);
        }
    }

    /**
     * Of narrow, slice, select and split: the indices start, start+step, … before end.
     *
     * @param axis along which
     * @param start first index
     * @param end index behind the last
     * @param step at least 1
     */
    record Part(int axis, int start, int end, int step) implements Spec {}

    /**
     * Of padding.
     *
     * @param mode what stands in the new places
     * @param axis along which
     * @param before new places before the first
     * @param after new places after the last
     */
    record Pad(PadMode mode, int axis, int before, int after) implements Spec {}

    /**
     * Of arithmetic with a number, a slope, the ε of a normalization.
     *
     * @param value the number
     */
    record Scalar(double value) implements Spec {}

    /**
     * Of clamp.
     *
     * @param low the least result
     * @param high the largest result
     */
    record Range(double low, double high) implements Spec {}
}
