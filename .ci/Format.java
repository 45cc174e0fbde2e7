import com.palantir.javaformat.java.Formatter;
import com.palantir.javaformat.java.FormatterException;
import com.palantir.javaformat.java.ImportOrderer;
import com.palantir.javaformat.java.JavaFormatterOptions;
import com.palantir.javaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Checks ({@code check}) or applies ({@code apply}) the palantir-java-format style to the Java files of the modules.
 *
 * <p>Spotless would do this inside Maven's own JVM. The formatter parses with the compiler of the JVM it runs in, and a
 * Maven on Java 17 cannot parse the record patterns of Java 21: so the build starts this file on the JDK it compiles
 * with.
 */
final class Format {
    private static final Formatter FORMATTER = Formatter.createFormatter(JavaFormatterOptions.builder()
            .style(JavaFormatterOptions.Style.PALANTIR)
            .formatJavadoc(true)
            .build());

    private Format() {}

    public static void main(String[] arguments) throws IOException {
        boolean apply = arguments[0].equals("apply");
        int wrong = 0;
        for (Path file : sources(Path.of(arguments[1]), Path.of(arguments[2]))) {
            String found = Files.readString(file);
            String wanted;
            try {
                wanted = format(found);
            } catch (FormatterException problem) {
                System.err.println(file + ": " + problem.getMessage());
                wrong++;
                continue;
            }
            if (wanted.equals(found)) {
                continue;
            }
            if (apply) {
                Files.writeString(file, wanted);
                System.out.println("formatted " + file);
            } else {
                wrong++;
                report(file, found, wanted);
            }
        }
        if (wrong > 0) {
            System.err.println(wrong + " file(s) are not in the project's format. Run .ci/format");
            System.exit(1);
        }
    }

    private static List<Path> sources(Path root, Path within) throws IOException {
        try (var files = Files.find(
                root,
                32,
                (path, attributes) -> attributes.isRegularFile()
                        && path.startsWith(within)
                        && path.toString().endsWith(".java")
                        && root.relativize(path).toString().matches("(\\.ci|[a-z]+/src)/.*"))) {
            return files.sorted().toList();
        }
    }

    private static String format(String source) throws FormatterException {
        String text = source.replace("\r\n", "\n");
        text = RemoveUnusedImports.removeUnusedImports(text);
        text = ImportOrderer.reorderImports(text, JavaFormatterOptions.Style.PALANTIR);
        return FORMATTER.formatSource(text);
    }

    private static void report(Path file, String found, String wanted) {
        String[] left = found.split("\n", -1);
        String[] right = wanted.split("\n", -1);
        int line = 0;
        while (line < left.length && line < right.length && left[line].equals(right[line])) {
            line++;
        }
        System.err.println(
                file + ":" + (line + 1) + ": expected: " + (line < right.length ? right[line] : "end of file"));
    }
}
