package espalier.examples.data;

import espalier.nn.data.Dataset;
import espalier.nn.data.Normalization;
import espalier.nn.data.Transform;
import espalier.tensor.Shape;
import java.util.Optional;

/**
 * Data to learn from and data to be judged by.
 *
 * @param name what it is called in reports
 * @param train to learn from
 * @param test to be judged by
 * @param normalize applied to both, the numbers of which go with a model that learned from it
 * @param augment applied, before that, to what is learned from
 * @param note what whoever learns from it should be told, a sentence
 */
public record Split(
        String name, Dataset train, Dataset test, Normalization normalize, Transform augment, Optional<String> note) {
    /**
     * Checks that both have samples, and of one kind.
     *
     * @throws IllegalArgumentException saying how they differ
     */
    public Split {
        if (train.size() == 0 || test.size() == 0) {
            throw new IllegalArgumentException(
                    name + " has " + train.size() + " samples to learn from and " + test.size() + " to be judged by");
        }
        if (!train.sampleShape().equals(test.sampleShape())) {
            throw new IllegalArgumentException(name + " has samples " + train.sampleShape() + " to learn from and "
                    + test.sampleShape() + " to be judged by");
        }
        if (!train.classes().equals(test.classes())) {
            throw new IllegalArgumentException(name + " has classes " + train.classes() + " to learn from and "
                    + test.classes() + " to be judged by");
        }
    }

    /** Data of which there is nothing to be told. */
    public Split(String name, Dataset train, Dataset test, Normalization normalize, Transform augment) {
        this(name, train, test, normalize, augment, Optional.empty());
    }

    /** Both with images of another shape. */
    public Split resized(Shape shape) {
        return new Split(name, train.resized(shape), test.resized(shape), normalize, augment, note);
    }

    /** A small part of both, for a quick look. */
    public Split smoke() {
        return new Split(name, train.first(512), test.first(256), normalize, augment, note);
    }
}
