package espalier.nn.data;

import espalier.tensor.Shape;
import java.util.List;

/** Images of one shape held in memory as bytes; a byte b reads as b/255. */
public final class ByteImages implements Dataset {
    private final byte[] pixels;
    private final byte[] labels;
    private final Shape shape;
    private final List<String> classes;
    private final float scale;

    /**
     * Images one after the other, row-major; the arrays become the data set's own.
     *
     * @param pixels unsigned bytes, {@code labels.length} times the size of the shape
     * @param labels one a sample, unsigned bytes
     * @param shape {@code [C, H, W]}
     * @param classes names in the order of the labels
     */
    public ByteImages(byte[] pixels, byte[] labels, Shape shape, List<String> classes) {
        this(pixels, labels, shape, classes, 255);
    }

    /** As above, with another value for what reads as 1. */
    public ByteImages(byte[] pixels, byte[] labels, Shape shape, List<String> classes, int white) {
        if (pixels.length != (long) labels.length * shape.size()) {
            throw new IllegalArgumentException("images: " + pixels.length + " bytes are not " + labels.length
                    + " images of " + shape + " (" + (long) labels.length * shape.size() + ")");
        }
        for (int i = 0; i < labels.length; i++) {
            int label = labels[i] & 0xFF;
            if (label >= classes.size()) {
                throw new IllegalArgumentException(
                        "images: label " + label + " of image " + i + " is not from 0 to " + (classes.size() - 1));
            }
        }
        this.pixels = pixels;
        this.labels = labels;
        this.shape = shape;
        this.classes = List.copyOf(classes);
        this.scale = 1f / white;
    }

    @Override
    public int size() {
        return labels.length;
    }

    @Override
    public Shape sampleShape() {
        return shape;
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public void copySample(int index, float[] into, int at) {
        int n = shape.size();
        int from = index * n;
        for (int i = 0; i < n; i++) {
            into[at + i] = (pixels[from + i] & 0xFF) * scale;
        }
    }

    @Override
    public int label(int index) {
        return labels[index] & 0xFF;
    }
}
