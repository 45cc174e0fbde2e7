package espalier.sparsity.export;

import espalier.tensor.io.TensorFormatException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Values as whole numbers times a scale: one scale if that can be, else one for each row. The scales come first, as
 * floats or, where a float does not give back the values to the last bit, as doubles.
 *
 * @param name of the tensor, for complaints
 * @param coding one of the scaled ones
 * @param rows rows of the matrix
 * @param columns columns of the matrix
 */
record ScaledCode(String name, Coding coding, int rows, int columns) {
    private static final int PER_ROW = 1;
    private static final int DOUBLES = 2;

    /** Ternary values to a byte: 3<sup>5</sup> = 243. */
    private static final int TRITS = 5;

    /**
     * Whole numbers and their scales.
     *
     * @param numbers one for each value
     * @param scales one, or one for each row
     */
    record Codes(int[] numbers, double[] scales) {
        /** The scale of a row. */
        double scale(int row) {
            return scales[scales.length == 1 ? 0 : row];
        }

        float[] toFloats(int columns, Held held) {
            float[] values = new float[numbers.length];
            for (int i = 0; i < values.length; i++) {
                values[i] = (float) (scale(held.at(i) / columns) * numbers[i]);
            }
            return values;
        }
    }

    // ---- writing

    void write(Held held, float[] values, BitWriter to) {
        Codes codes = scaled(values)
                .map(all -> new Codes(all.codes(), new double[] {all.scale()}))
                .orElseGet(() -> scaleRows(held, values));
        boolean doubles = Arrays.stream(codes.scales).anyMatch(scale -> (float) scale != scale);
        to.octet((codes.scales.length == 1 ? 0 : PER_ROW) | (doubles ? DOUBLES : 0));
        for (double scale : codes.scales) {
            if (doubles) {
                to.fixed(Double.doubleToRawLongBits(scale), Double.BYTES);
            } else {
                to.real((float) scale);
            }
        }
        writeNumbers(codes.numbers, to);
    }

    private Optional<Scales.Scaled> scaled(float[] values) {
        return Scales.of(values, coding.largest(), coding != Coding.BINARY);
    }

    private Codes scaleRows(Held held, float[] values) {
        Codes codes = new Codes(new int[values.length], new double[rows]);
        int[] ends = new int[rows + 1]; // first of each row, then behind its last
        for (int i = 0; i < values.length; i++) {
            ends[held.at(i) / columns + 1]++;
        }
        for (int row = 0; row < rows; row++) {
            ends[row + 1] += ends[row];
        }
        int[] members = new int[values.length]; // sorted by row
        for (int i = 0; i < values.length; i++) {
            members[ends[held.at(i) / columns]++] = i;
        }
        for (int row = 0; row < rows; row++) {
            int first = row == 0 ? 0 : ends[row - 1];
            float[] part = new float[ends[row] - first];
            for (int i = 0; i < part.length; i++) {
                part[i] = values[members[first + i]];
            }
            Optional<Scales.Scaled> scaled = scaled(part);
            if (scaled.isEmpty()) {
                throw refusal(row, part);
            }
            codes.scales[row] = scaled.get().scale();
            for (int i = 0; i < part.length; i++) {
                codes.numbers[members[first + i]] = scaled.get().codes()[i];
            }
        }
        return codes;
    }

    private IllegalArgumentException refusal(int row, float[] values) {
        long magnitudes = IntStream.range(0, values.length)
                .mapToObj(i -> Math.abs(values[i]))
                .distinct()
                .count();
        String expected = coding == Coding.BINARY
                ? "there must be one"
                : "they must be 0 to " + coding.largest() + " times one scale";
        return new IllegalArgumentException(coding.toString().toLowerCase(Locale.ROOT) + ": " + name + " has "
                + magnitudes + " different magnitudes in row " + row + "; " + expected);
    }

    private void writeNumbers(int[] numbers, BitWriter to) {
        switch (coding) {
            case INT8, INT4 -> {
                for (int number : numbers) {
                    to.bits(number, bits());
                }
            }
            case TERNARY -> {
                for (int i = 0; i < numbers.length; i += TRITS) {
                    int packed = 0;
                    for (int j = Math.min(numbers.length, i + TRITS) - 1; j >= i; j--) {
                        packed = 3 * packed + numbers[j] + 1;
                    }
                    to.octet(packed);
                }
            }
            case BINARY -> {
                for (int number : numbers) {
                    to.bits(number < 0 ? 1 : 0, 1);
                }
            }
            case F32, F16, CODEBOOK, HUFFMAN -> throw unscaled();
        }
    }

    private int bits() {
        return coding == Coding.INT8 ? 8 : 4;
    }

    private IllegalStateException unscaled() {
        return new IllegalStateException(coding + " has no scales");
    }

    // ---- reading

    Codes read(int count, BitReader from) throws TensorFormatException {
        int flags = from.number("the kind of scales", 0, PER_ROW | DOUBLES);
        int octets = (flags & DOUBLES) == 0 ? Float.BYTES : Double.BYTES;
        int scaleCount = (flags & PER_ROW) == 0 ? 1 : rows;
        ValueCode.requireRoom(scaleCount, 8 * octets, from);
        double[] scales = new double[scaleCount];
        for (int i = 0; i < scaleCount; i++) {
            int at = from.offset();
            scales[i] = octets == Float.BYTES ? from.real() : Double.longBitsToDouble(from.fixed(octets));
            if (!(scales[i] >= 0 && scales[i] <= Float.MAX_VALUE)) {
                throw from.refusal(at, "scale " + i + " is " + scales[i] + "; it must be finite and not negative");
            }
        }
        return new Codes(readNumbers(count, from), scales);
    }

    private int[] readNumbers(int count, BitReader from) throws TensorFormatException {
        ValueCode.requireRoom(coding == Coding.TERNARY ? Math.ceilDiv(count, TRITS) : count, width(), from);
        int[] numbers = new int[count];
        switch (coding) {
            case INT8, INT4 -> {
                int unused = Integer.SIZE - bits();
                for (int i = 0; i < count; i++) {
                    numbers[i] = (int) from.bits(bits()) << unused >> unused;
                    if (numbers[i] < -coding.largest()) {
                        throw from.refusal("code " + numbers[i] + " is below -" + coding.largest());
                    }
                }
            }
            case TERNARY -> {
                for (int i = 0; i < count; i += TRITS) {
                    int packed = from.octet();
                    for (int j = i; j < Math.min(count, i + TRITS); j++) {
                        numbers[j] = packed % 3 - 1;
                        packed /= 3;
                    }
                    if (packed != 0) {
                        throw from.refusal("a byte of ternary codes is too large");
                    }
                }
            }
            case BINARY -> {
                for (int i = 0; i < count; i++) {
                    numbers[i] = from.bits(1) == 1 ? -1 : 1;
                }
            }
            case F32, F16, CODEBOOK, HUFFMAN -> throw unscaled();
        }
        return numbers;
    }

    /** Bits that are read at a time. */
    private int width() {
        return switch (coding) {
            case INT8, TERNARY -> 8;
            case INT4 -> 4;
            case BINARY -> 1;
            case F32, F16, CODEBOOK, HUFFMAN -> throw unscaled();
        };
    }
}
