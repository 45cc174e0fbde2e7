package espalier.examples.report;

import java.util.Locale;
import java.util.Map;

/** Writes maps, lists, strings, numbers and truth values as JSON, a key a line. */
public final class Json {
    private Json() {}

    /** The text of a value, ending in a new line. */
    public static String write(Object value) {
        StringBuilder out = new StringBuilder();
        write(out, value, "");
        return out.append('\n').toString();
    }

    private static void write(StringBuilder out, Object value, String indent) {
        switch (value) {
            case Map<?, ?> map -> object(out, map, indent);
            case Iterable<?> list -> array(out, list, indent);
            case Double number when number.isNaN() || number.isInfinite() -> out.append("null");
            case Number number -> out.append(number);
            case Boolean truth -> out.append(truth);
            default -> string(out, value.toString());
        }
    }

    private static void object(StringBuilder out, Map<?, ?> map, String indent) {
        String inner = indent + "  ";
        String separator = "{\n";
        for (var entry : map.entrySet()) {
            out.append(separator).append(inner);
            string(out, entry.getKey().toString());
            out.append(": ");
            write(out, entry.getValue(), inner);
            separator = ",\n";
        }
        out.append(map.isEmpty() ? "{}" : "\n" + indent + "}");
    }

    private static void array(StringBuilder out, Iterable<?> list, String indent) {
        String separator = "[";
        for (Object item : list) {
            out.append(separator);
            write(out, item, indent);
            separator = ", ";
        }
        out.append(separator.equals("[") ? "[]" : "]");
    }

    private static void string(StringBuilder out, String text) {
        out.append('"');
        for (char c : text.toCharArray()) {
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                default -> out.append(c < ' ' ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c));
            }
        }
        out.append('"');
    }
}
