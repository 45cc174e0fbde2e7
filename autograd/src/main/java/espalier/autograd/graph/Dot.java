package espalier.autograd.graph;

import espalier.autograd.graph.Picture.Box;
import java.util.List;

/** The graph in the language of Graphviz: {@code dot -Tsvg graph.dot > graph.svg}. */
final class Dot {
    private Dot() {}

    static String of(Picture picture) {
        StringBuilder text = new StringBuilder("digraph {\n");
        text.append("  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\", fontsize=11];\n");
        for (int i = 0; i < picture.boxes().size(); i++) {
            Box box = picture.boxes().get(i);
            StringBuilder label = new StringBuilder(quote(box.title()));
            box.details().forEach(line -> label.append("\\n").append(quote(line)));
            if (!box.place().isEmpty()) {
                label.append("\\n").append(quote(box.place()));
            }
            Palette colours = Palette.of(box.kind());
            text.append("  n%d [label=\"%s\", fillcolor=\"%s\", color=\"%s\"];\n"
                    .formatted(i, label, colours.fill(), colours.line()));
        }
        for (int i = 0; i < picture.inputs().size(); i++) {
            List<Integer> inputs = picture.inputs().get(i);
            for (int input : inputs) {
                text.append("  n").append(input).append(" -> n").append(i).append(";\n");
            }
        }
        return text.append("}\n").toString();
    }

    private static String quote(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"");
    }
}
