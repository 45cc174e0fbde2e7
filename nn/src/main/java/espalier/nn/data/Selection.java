package espalier.nn.data;

import espalier.tensor.Shape;
import java.util.List;

/** Some samples of another data set. */
record Selection(Dataset whole, int[] indices) implements Dataset {
    Selection {
        for (int index : indices) {
            if (index < 0 || index >= whole.size()) {
                throw new IllegalArgumentException("select: there is no sample " + index + " of " + whole.size());
            }
        }
    }

    @Override
    public int size() {
        return indices.length;
    }

    @Override
    public Shape sampleShape() {
        return whole.sampleShape();
    }

    @Override
    public List<String> classes() {
        return whole.classes();
    }

    @Override
    public void copySample(int index, float[] into, int at) {
        whole.copySample(indices[index], into, at);
    }

    @Override
    public int label(int index) {
        return whole.label(indices[index]);
    }
}
