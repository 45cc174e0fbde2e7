package espalier.nn.data;

import static espalier.nn.data.Packing.file;
import static espalier.nn.data.Packing.gzip;
import static espalier.nn.data.Packing.refuses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CIFAR-10's records. */
class Cifar10Test {
    private static final int RECORD = 3073;

    @TempDir
    private Path folder;

    private static byte[] records(int... labels) {
        byte[] bytes = new byte[labels.length * RECORD];
        for (int i = 0; i < labels.length; i++) {
            Arrays.fill(bytes, i * RECORD, (i + 1) * RECORD, (byte) (100 + i));
            bytes[i * RECORD] = (byte) labels[i];
        }
        return bytes;
    }

    @Test
    void filesFollowEachOther() throws IOException {
        Path first = file(folder, "a.bin", records(3, 9));
        Path second = file(folder, "b.bin.gz", gzip(records(0)));
        ByteImages data = Cifar10.read(List.of(first, second));
        assertEquals(3, data.size());
        assertEquals(Shape.of(3, 32, 32), data.sampleShape());
        assertEquals(3, data.label(0));
        assertEquals(9, data.label(1));
        assertEquals(0, data.label(2));
        float[] values = new float[3072];
        data.copySample(1, values, 0);
        assertEquals(101 / 255f, values[3071], 1e-7f);
    }

    @Test
    void damaged() throws IOException {
        Path good = file(folder, "good.bin", records(1));
        for (int length : new int[] {0, 1, 3072, 3074, 2 * RECORD - 1}) {
            Path bad = file(folder, "bad.bin", Arrays.copyOf(records(1, 2), length));
            refuses(
                    "byte " + length + ": ends within a record of 3073 bytes",
                    bad,
                    () -> Cifar10.read(List.of(good, bad)));
        }
        Path wrong = file(folder, "wrong.bin", records(1, 10));
        refuses("byte 3073: label 10 of ten classes", wrong, () -> Cifar10.read(List.of(good, wrong)));
        Path negative = file(folder, "negative.bin", records(255));
        refuses("byte 0: label 255 of ten classes", negative, () -> Cifar10.read(List.of(negative)));
        Path text = file(folder, "text.bin.gz", "<html>".repeat(100).getBytes("US-ASCII"));
        refuses("is damaged: Not in GZIP format", text, () -> Cifar10.read(List.of(text)));
    }
}
