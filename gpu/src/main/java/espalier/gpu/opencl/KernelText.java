package espalier.gpu.opencl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** The text of a kernel file; a line {@code #include "other.cl"} stands for the text of that file. */
final class KernelText {
    private static final String INCLUDE = "#include \"";

    private KernelText() {}

    static String of(String file) {
        StringBuilder text = new StringBuilder();
        for (String line : read(file).split("\n", -1)) {
            text.append(
                            line.startsWith(INCLUDE)
                                    ? of(line.substring(INCLUDE.length(), line.indexOf('"', INCLUDE.length())))
                                    : line)
                    .append('\n');
        }
        return text.toString();
    }

    private static String read(String file) {
        try (InputStream stream = KernelText.class.getResourceAsStream("/espalier/gpu/" + file)) {
            if (stream == null) {
                throw new IllegalArgumentException("there is no kernel file " + file);
            }
            return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("kernel file " + file, e);
        }
    }
}
