package espalier.sparsity.export;

import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Which elements of a matrix are held, as positions {@code row · columns + column} in the order in which their values
 * are written.
 */
final class Held {
    private final int count;
    private final Optional<int[]> positions;

    private Held(int count, Optional<int[]> positions) {
        this.count = count;
        this.positions = positions;
    }

    /** All elements, in order: no list is made. */
    static Held every(int elements) {
        return new Held(elements, Optional.empty());
    }

    /** These positions; the array becomes its own. */
    static Held of(int[] positions) {
        return new Held(positions.length, Optional.of(positions));
    }

    int count() {
        return count;
    }

    /** The position of value i. */
    int at(int i) {
        return positions.isPresent() ? positions.get()[i] : i;
    }

    /** The positions as a list. */
    int[] list() {
        return positions.orElseGet(() -> IntStream.range(0, count).toArray());
    }

    /** The values that stand at the positions. */
    float[] values(float[] dense) {
        if (positions.isEmpty()) {
            return dense;
        }
        int[] from = positions.get();
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = dense[from[i]];
        }
        return values;
    }

    /** A matrix of zeros but for these values. */
    float[] dense(float[] values, int elements) {
        if (positions.isEmpty()) {
            return values;
        }
        int[] to = positions.get();
        float[] dense = new float[elements];
        for (int i = 0; i < count; i++) {
            dense[to[i]] = values[i];
        }
        return dense;
    }
}
