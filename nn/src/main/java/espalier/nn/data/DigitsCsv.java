package espalier.nn.data;

import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Small images as lines of text: 64 numbers from 0 to 16 and a label, separated by commas; packed by gzip or not. The
 * UCI optical digits come so (Alpaydin and Kaynak), 8x8 pixels each.
 */
public final class DigitsCsv {
    private static final int SIDE = 8;
    private static final int WHITE = 16;
    private static final int LIMIT = 1 << 26;

    private DigitsCsv() {}

    /**
     * Reads a file.
     *
     * @throws DataFileException naming the file and the line where it is wrong
     */
    public static ByteImages read(Path file) throws IOException {
        return parse(file, new String(PackedFile.read(file, LIMIT), StandardCharsets.US_ASCII));
    }

    /** As {@link #read}, from unpacked text; the path is only named in errors. */
    public static ByteImages parse(Path file, String text) throws IOException {
        String[] lines = text.lines().toArray(String[]::new);
        int pixels = SIDE * SIDE;
        if (lines.length == 0) {
            throw new DataFileException(file, "is empty");
        }
        byte[] values = new byte[lines.length * pixels];
        byte[] labels = new byte[lines.length];
        for (int i = 0; i < lines.length; i++) {
            String[] fields = lines[i].split(",", -1);
            if (fields.length != pixels + 1) {
                throw new DataFileException(
                        file, "line " + (i + 1) + " has " + fields.length + " numbers, not " + (pixels + 1));
            }
            for (int p = 0; p < pixels; p++) {
                values[i * pixels + p] = number(file, i, fields[p], WHITE);
            }
            labels[i] = number(file, i, fields[pixels], 9);
        }
        return new ByteImages(values, labels, Shape.of(1, SIDE, SIDE), IdxFiles.DIGITS, WHITE);
    }

    private static byte number(Path file, int line, String field, int largest) throws IOException {
        try {
            double value = Double.parseDouble(field);
            if (value >= 0 && value <= largest && value == Math.rint(value)) {
                return (byte) value;
            }
        } catch (NumberFormatException e) {
            throw new DataFileException(file, "line " + (line + 1) + ": '" + field + "' is no number");
        }
        throw new DataFileException(
                file, "line " + (line + 1) + ": " + field + " is no whole number from 0 to " + largest);
    }
}
