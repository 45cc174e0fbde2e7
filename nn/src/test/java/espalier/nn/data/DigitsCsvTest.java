package espalier.nn.data;

import static espalier.nn.data.Packing.file;
import static espalier.nn.data.Packing.gzip;
import static espalier.nn.data.Packing.refuses;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lines of 64 numbers and a label. */
class DigitsCsvTest {
    @TempDir
    private Path folder;

    private static String line(String number, String label) {
        return (number + ",").repeat(64) + label;
    }

    private ByteImages read(String text) throws IOException {
        return DigitsCsv.read(file(folder, "digits.csv", text.getBytes(StandardCharsets.UTF_8)));
    }

    private void refused(String sentence, String text) {
        refuses(sentence, folder.resolve("digits.csv"), () -> read(text));
    }

    @Test
    void numbersWithAndWithoutPoint() throws IOException {
        ByteImages data = read(line("16", "7") + "\n" + line("4.0", "0") + "\r\n");
        assertEquals(2, data.size());
        assertEquals(7, data.label(0));
        float[] values = new float[64];
        data.copySample(0, values, 0);
        assertEquals(1, values[63]);
        data.copySample(1, values, 0);
        assertEquals(0.25f, values[0]);
    }

    @Test
    void wrongLinesAreNamed() {
        String good = line("1", "2") + "\n";
        refused("line 2 has 66 numbers, not 65", good + line("1", "2,3"));
        refused("line 2 has 1 numbers, not 65", good + "\n" + good);
        refused("line 2: 'x' is no number", good + line("x", "1"));
        refused("line 1: '' is no number", line("", "1"));
        refused("line 1: 17 is no whole number from 0 to 16", line("17", "1"));
        refused("line 1: -1 is no whole number from 0 to 16", line("-1", "1"));
        refused("line 1: 0.5 is no whole number from 0 to 16", line("0.5", "1"));
        refused("line 1: NaN is no whole number from 0 to 16", line("NaN", "1"));
        refused("line 3: 10 is no whole number from 0 to 9", good + good + line("1", "10"));
        refused("line 1: '\uFFFD\uFFFD' is no number", line("\u00e4", "1"));
        refused("is empty", "");
    }

    @Test
    void whatUnpacksToTooMuchIsNotUnpacked() throws IOException {
        Path bomb = file(folder, "bomb.csv.gz", gzip(new byte[(1 << 26) + 1]));
        refuses("byte 67108864: is longer than it should be", bomb, () -> DigitsCsv.read(bomb));
    }
}
