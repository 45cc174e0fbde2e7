package espalier.autograd.graph;

import espalier.autograd.graph.LayeredLayout.Arrow;
import espalier.autograd.graph.LayeredLayout.Vertex;
import espalier.autograd.graph.Picture.Box;
import java.util.List;
import java.util.Locale;

/** The graph as a picture: boxes in layers, smooth arrows between them, the result at the bottom. */
final class Svg {
    private static final double MARGIN = 24;
    private static final double GAP = 22;
    private static final double LAYER_GAP = 38;
    private static final double PAD = 11;
    private static final double TITLE = 17;
    private static final double LINE = 14;
    /** Width of a character: of the title at 13 pixels, and of the details, in a font of fixed width at 11. */
    private static final double TITLE_CHARACTER = 7.4;

    private static final double DETAIL_CHARACTER = 6.65;

    private final Picture picture;
    private final LayeredLayout layout;
    private final double[] tops;
    private final double[] heights;
    private final StringBuilder text = new StringBuilder();

    private Svg(Picture picture) {
        this.picture = picture;
        double[] widths = picture.boxes().stream().mapToDouble(Svg::width).toArray();
        this.layout = new LayeredLayout(picture.inputs(), widths, GAP);
        int count = layout.layers.size();
        this.tops = new double[count];
        this.heights = new double[count];
        double y = MARGIN;
        for (int layer = count - 1; layer >= 0; layer--) {
            for (Vertex vertex : layout.layers.get(layer)) {
                heights[layer] = Math.max(heights[layer], height(vertex));
            }
            tops[layer] = y;
            y += heights[layer] + LAYER_GAP;
        }
    }

    static String of(Picture picture) {
        return new Svg(picture).draw();
    }

    private String draw() {
        double right = 0;
        for (List<Vertex> layer : layout.layers) {
            right = Math.max(right, layer.getLast().x + layer.getLast().width / 2);
        }
        double width = right + 2 * MARGIN;
        double height = tops[0] + heights[0] + MARGIN;
        text.append("""
                <svg xmlns="http://www.w3.org/2000/svg" width="%s" height="%s" viewBox="0 0 %s %s">
                <style>
                  .title { font: 600 13px system-ui, 'DejaVu Sans', sans-serif; }
                  .detail { font: 11px ui-monospace, 'DejaVu Sans Mono', monospace; }
                  .place { font: italic 10.5px system-ui, 'DejaVu Sans', sans-serif; fill: #666; }
                  .arrow { fill: none; stroke: #7d8794; stroke-width: 1.4; }
                </style>
                <defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">
                  <path d="M0 1 L10 5 L0 9 z" fill="#7d8794"/></marker></defs>
                <rect width="100%%" height="100%%" rx="8" fill="#ffffff"/>
                """.formatted(n(width), n(height), n(width), n(height)));
        layout.arrows.forEach(this::arrow);
        for (List<Vertex> layer : layout.layers) {
            layer.stream().filter(vertex -> !vertex.isPoint()).forEach(this::box);
        }
        return text.append("</svg>\n").toString();
    }

    private static double width(Box box) {
        double title = box.title().length() * TITLE_CHARACTER;
        double details = box.details().stream().mapToInt(String::length).max().orElse(0) * DETAIL_CHARACTER;
        double place = box.place().length() * DETAIL_CHARACTER * 0.9;
        return Math.max(56, Math.max(title, Math.max(details, place)) + 2 * PAD);
    }

    private double height(Vertex vertex) {
        if (vertex.isPoint()) {
            return 0;
        }
        Box box = picture.boxes().get(vertex.box);
        int lines = box.details().size() + (box.place().isEmpty() ? 0 : 1);
        return 2 * PAD + TITLE + LINE * lines - 4;
    }

    /** The top of a box: it hangs at the middle of its layer. */
    private double top(Vertex vertex) {
        return tops[vertex.layer] + (heights[vertex.layer] - height(vertex)) / 2;
    }

    private void box(Vertex vertex) {
        Box box = picture.boxes().get(vertex.box);
        Palette colours = Palette.of(box.kind());
        double x = vertex.x + MARGIN;
        double y = top(vertex);
        text.append("<rect x=\"%s\" y=\"%s\" width=\"%s\" height=\"%s\" rx=\"%s\" fill=\"%s\" stroke=\"%s\"/>\n"
                .formatted(
                        n(x - vertex.width / 2),
                        n(y),
                        n(vertex.width),
                        n(height(vertex)),
                        box.kind().isLeaf() ? "14" : "5",
                        colours.fill(),
                        colours.line()));
        double base = y + PAD + 11;
        line("title", x, base, colours.text(), box.title());
        base += TITLE;
        for (String detail : box.details()) {
            line("detail", x, base, colours.text(), detail);
            base += LINE;
        }
        if (!box.place().isEmpty()) {
            line("place", x, base, "#666", box.place());
        }
    }

    private void line(String style, double x, double y, String colour, String content) {
        text.append("<text class=\"%s\" x=\"%s\" y=\"%s\" text-anchor=\"middle\" fill=\"%s\">%s</text>\n"
                .formatted(style, n(x), n(y), colour, escape(content)));
    }

    /** A curve that leaves and enters every layer straight downwards. */
    private void arrow(Arrow arrow) {
        List<Vertex> way = arrow.way();
        Vertex from = way.getFirst();
        double x = from.x + MARGIN;
        double y = top(from) + height(from);
        StringBuilder path = new StringBuilder("M" + n(x) + " " + n(y));
        for (int i = 1; i < way.size(); i++) {
            Vertex to = way.get(i);
            boolean end = i == way.size() - 1;
            double toX = to.x + MARGIN + (end ? spread(way.get(i - 1), to) : 0);
            double toY = end ? top(to) - 1 : tops[to.layer];
            double middle = (y + toY) / 2;
            path.append(" C%s %s %s %s %s %s".formatted(n(x), n(middle), n(toX), n(middle), n(toX), n(toY)));
            x = toX;
            y = toY;
            if (!end) { // straight through the layer
                y += heights[to.layer];
                path.append(" L" + n(x) + " " + n(y));
            }
        }
        text.append("<path class=\"arrow\" d=\"").append(path).append("\" marker-end=\"url(#head)\"/>\n");
    }

    /** Several arrows into one box end side by side, in the order they come from. */
    private double spread(Vertex from, Vertex to) {
        int count = to.above.size();
        long left = to.above.stream().filter(link -> link.to().x < from.x).count();
        double step = Math.min(18, (to.width - 2 * PAD) / Math.max(1, count - 1));
        return (left - (count - 1) / 2.0) * step;
    }

    private static String escape(String raw) {
        return raw.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    /** A coordinate, to a tenth of a pixel. */
    private static String n(double value) {
        return String.format(Locale.ROOT, "%.1f", value).replaceAll("\\.0$", "");
    }
}
