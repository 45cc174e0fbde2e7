package espalier.nn.data;

import espalier.tensor.Shape;
import java.util.List;

/**
 * Images brought to another size, and to grey or three channels. Each new pixel is a mean of the old ones around its
 * place, weighted by a triangle as wide as a pixel of the coarser of both images: bilinear interpolation where an image
 * grows, without aliasing where it shrinks.
 */
final class Resized implements Dataset {
    private static final float[] GREY = {0.299f, 0.587f, 0.114f};

    private final Dataset data;
    private final Shape shape;
    private final float[][] rows;
    private final float[][] columns;

    Resized(Dataset data, Shape shape) {
        Shape from = data.sampleShape();
        if (!isImage(from) || !isImage(shape)) {
            throw new IllegalArgumentException(
                    "resized: from " + from + " to " + shape + "; both must be [1, H, W] or [3, H, W]");
        }
        this.data = data;
        this.shape = shape;
        rows = weights(from.dim(1), shape.dim(1));
        columns = weights(from.dim(2), shape.dim(2));
    }

    private static boolean isImage(Shape shape) {
        return shape.rank() == 3 && (shape.dim(0) == 1 || shape.dim(0) == 3) && shape.size() > 0;
    }

    /** How much of each old place is in each new one, {@code [to][from]}; each row adds up to 1. */
    private static float[][] weights(int from, int to) {
        double scale = (double) from / to;
        double width = Math.max(1, scale);
        float[][] weights = new float[to][from];
        for (int i = 0; i < to; i++) {
            double center = (i + 0.5) * scale;
            double sum = 0;
            for (int j = 0; j < from; j++) {
                sum += triangle(j, center, width);
            }
            for (int j = 0; j < from; j++) {
                weights[i][j] = (float) (triangle(j, center, width) / sum);
            }
        }
        return weights;
    }

    private static double triangle(int pixel, double center, double width) {
        return Math.max(0, 1 - Math.abs(pixel + 0.5 - center) / width);
    }

    @Override
    public int size() {
        return data.size();
    }

    @Override
    public Shape sampleShape() {
        return shape;
    }

    @Override
    public List<String> classes() {
        return data.classes();
    }

    @Override
    public int label(int index) {
        return data.label(index);
    }

    @Override
    public void copySample(int index, float[] into, int at) {
        Shape from = data.sampleShape();
        float[] image = new float[from.size()];
        data.copySample(index, image, 0);
        int plane = from.dim(1) * from.dim(2);
        if (shape.dim(0) < from.dim(0)) {
            for (int i = 0; i < plane; i++) {
                image[i] = GREY[0] * image[i] + GREY[1] * image[plane + i] + GREY[2] * image[2 * plane + i];
            }
        }
        int size = shape.dim(1) * shape.dim(2);
        for (int channel = 0; channel < shape.dim(0); channel++) {
            scale(image, channel < from.dim(0) ? channel * plane : 0, into, at + channel * size);
        }
    }

    private void scale(float[] image, int from, float[] into, int at) {
        int oldWidth = data.sampleShape().dim(2);
        int width = shape.dim(2);
        float[] line = new float[oldWidth];
        for (int y = 0; y < rows.length; y++) {
            for (int x = 0; x < oldWidth; x++) {
                line[x] = 0;
                for (int j = 0; j < rows[y].length; j++) {
                    line[x] += rows[y][j] * image[from + j * oldWidth + x];
                }
            }
            for (int x = 0; x < width; x++) {
                float sum = 0;
                for (int j = 0; j < oldWidth; j++) {
                    sum += columns[x][j] * line[j];
                }
                into[at + y * width + x] = sum;
            }
        }
    }
}
