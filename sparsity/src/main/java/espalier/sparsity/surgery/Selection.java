package espalier.sparsity.surgery;

import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Channels that somebody chose: indices along an axis of a parameter.
 *
 * @param site which axis: 0 of a weight for filters, 1 for the channels it reads, 0 of a batch norm's scale
 * @param removed the indices to cut
 */
public record Selection(Site site, List<Integer> removed) {
    /** Keeps a copy. */
    public Selection {
        removed = List.copyOf(removed);
    }

    /** Filters of a weight, or entries of a scale. */
    public static Selection of(String path, int... removed) {
        return new Selection(new Site(path, 0), Arrays.stream(removed).boxed().toList());
    }

    /**
     * What a text says: path, axis and indices, as in {@code conv1.weight:0:3,7}.
     *
     * @throws IllegalArgumentException if it says something else
     */
    public static Selection parse(String text) {
        if (!text.matches("[^:]+:\\d{1,9}:\\d{1,9}(,\\d{1,9})*")) {
            throw new IllegalArgumentException(
                    "surgery: '" + text + "' does not say which channels, as in conv1.weight:0:3,7");
        }
        String[] parts = text.split(":", -1);
        List<Integer> removed =
                Arrays.stream(parts[2].split(",", -1)).map(Integer::valueOf).toList();
        return new Selection(new Site(parts[0], Integer.parseInt(parts[1])), removed);
    }

    /**
     * Those where a mask is 0 or false.
     *
     * @param mask a truth value or number a channel, with all axes but that of the channels of size 1: {@code [O]},
     *     {@code [O, 1, 1, 1]} for filters, {@code [1, C, 1, 1]} for the channels a weight reads
     */
    public static Selection keeping(String path, Tensor mask) {
        int axis = 0;
        for (int i = 0; i < mask.rank(); i++) {
            axis = mask.dim(i) > 1 ? i : axis;
        }
        if (mask.dim(axis) != mask.size()) {
            throw new IllegalArgumentException(
                    "surgery: the mask " + mask.shape() + " of " + path + " does not choose along one axis");
        }
        List<Integer> removed = new ArrayList<>();
        double[] kept = mask.toDoubles();
        for (int i = 0; i < kept.length; i++) {
            if (kept[i] == 0) {
                removed.add(i);
            }
        }
        return new Selection(new Site(path, axis), removed);
    }
}
