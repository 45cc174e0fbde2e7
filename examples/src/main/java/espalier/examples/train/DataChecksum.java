package espalier.examples.train;

import espalier.examples.data.Split;
import espalier.nn.data.Dataset;
import espalier.nn.data.Transform;
import espalier.tensor.RandomSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;

/**
 * A number that tells whether training would see the same data again: the names of the classes, all labels, and up to
 * {@value #LOOKED_AT} samples spread over the whole, each augmented and normalized once.
 */
final class DataChecksum {
    private static final int LOOKED_AT = 256;

    private DataChecksum() {}

    /** Eight hexadecimal digits. */
    static String of(Split split) {
        Dataset data = split.train();
        CRC32 sum = new CRC32();
        sum.update(String.join("\n", data.classes()).getBytes(StandardCharsets.UTF_8));
        for (int i = 0; i < data.size(); i++) {
            sum.update(data.label(i));
            sum.update(data.label(i) >> 8);
        }
        Transform seen = split.augment().then(split.normalize());
        int size = data.sampleShape().size();
        float[] values = new float[size];
        ByteBuffer bytes = ByteBuffer.allocate(size * Float.BYTES);
        int count = Math.min(LOOKED_AT, data.size());
        for (int i = 0; i < count; i++) {
            data.copySample((int) ((long) i * data.size() / count), values, 0);
            seen.apply(values, 0, data.sampleShape(), RandomSource.of(i));
            bytes.clear().asFloatBuffer().put(values);
            sum.update(bytes);
        }
        return String.format("%08x", sum.getValue());
    }
}
