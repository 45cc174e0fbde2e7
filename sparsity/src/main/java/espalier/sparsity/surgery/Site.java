package espalier.sparsity.surgery;

/**
 * An axis of a parameter or buffer whose indices are channels.
 *
 * @param path key in the model's state
 * @param axis counted from 0
 */
public record Site(String path, int axis) implements Comparable<Site> {
    @Override
    public int compareTo(Site other) {
        int byPath = path.compareTo(other.path);
        return byPath != 0 ? byPath : Integer.compare(axis, other.axis);
    }

    @Override
    public String toString() {
        return path + " axis " + axis;
    }
}
