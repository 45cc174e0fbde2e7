package espalier.nn.data;

import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Labelled samples of one shape, such as images {@code [C, H, W]}, that can be read in any order and by several threads
 * at once.
 */
public interface Dataset {
    /** How many samples there are. */
    int size();

    /** The shape of one sample: {@code [C, H, W]} for images, {@code [C, L]} for sounds. */
    Shape sampleShape();

    /** The names of the classes, in the order of their labels. */
    List<String> classes();

    /** Writes the values of a sample, from 0 to 1 for images, row-major from position {@code at}. */
    void copySample(int index, float[] into, int at);

    /** The label of a sample, from 0 to {@code classes().size() − 1}. */
    int label(int index);

    /** Some of the samples, in the order of the indices. */
    default Dataset select(int... indices) {
        return new Selection(this, indices.clone());
    }

    /** The first {@code n} samples, or all if there are fewer. */
    default Dataset first(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("first: " + n + " samples must be at least 0");
        }
        int[] indices = new int[Math.min(n, size())];
        Arrays.setAll(indices, i -> i);
        return select(indices);
    }

    /**
     * Images scaled to another size; grey ones become three equal channels, and colours grey (0.299 R + 0.587 G + 0.114
     * B), where the shape asks for that.
     *
     * @param shape {@code [1, H, W]} or {@code [3, H, W]}
     * @throws IllegalArgumentException if either is no such shape
     */
    default Dataset resized(Shape shape) {
        return shape.equals(sampleShape()) ? this : new Resized(this, shape);
    }

    /** About a {@code part} (0 to 1) of each class, chosen at random, in the order of the whole. */
    default Dataset stratified(double part, RandomSource random) {
        if (!(part >= 0 && part <= 1)) {
            throw new IllegalArgumentException("stratified: part " + part + " must be from 0 to 1");
        }
        List<Integer> chosen = new ArrayList<>();
        for (int label = 0; label < classes().size(); label++) {
            List<Integer> members = new ArrayList<>();
            for (int i = 0; i < size(); i++) {
                if (label(i) == label) {
                    members.add(i);
                }
            }
            int[] order = random.split(label).permutation(members.size());
            for (int i = 0; i < Math.round(part * members.size()); i++) {
                chosen.add(members.get(order[i]));
            }
        }
        return select(chosen.stream().mapToInt(Integer::intValue).sorted().toArray());
    }
}
