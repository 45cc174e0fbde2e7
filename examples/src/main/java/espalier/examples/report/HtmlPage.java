package espalier.examples.report;

import java.util.List;

/**
 * A page that stands alone: headings, paragraphs, tables and pictures, one after the other, for light and dark screens.
 *
 * <pre>{@code
 * String html = new HtmlPage("Compressed")
 *         .text("LeNet-5 on MNIST.")
 *         .table(List.of("layer", "kept"), List.of(List.of("conv1", "7")))
 *         .picture(chart.svg())
 *         .html();
 * }</pre>
 */
public final class HtmlPage {
    private static final String STYLE = """
            :root { color-scheme: light dark; --ink: #1a202c; --paper: #ffffff; --rule: #e2e8f0; --dim: #4a5568 }
            @media (prefers-color-scheme: dark) {
              :root { --ink: #e6edf3; --paper: #161b22; --rule: #2d3748; --dim: #a0aec0 }
            }
            body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
              max-width: 72rem; margin: 2rem auto; padding: 0 1rem }
            .wide { overflow-x: auto }
            table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums }
            th, td { border-bottom: 1px solid var(--rule); padding: .2rem 1.2rem .2rem 0; vertical-align: top;
              text-align: left }
            th { color: var(--dim); font-weight: 600 }
            td.number, th.number { text-align: right }
            figure { display: inline-block; margin: 0 1rem 1rem 0; max-width: 100% }
            svg { max-width: 100%; height: auto }
            pre { overflow-x: auto; font-size: 13px }
            """;

    private final String title;
    private final StringBuilder body = new StringBuilder();

    /** A page with nothing below its title. */
    public HtmlPage(String title) {
        this.title = title;
    }

    /** With a heading. */
    public HtmlPage heading(String words) {
        return add("h2", words);
    }

    /** With a paragraph. */
    public HtmlPage text(String words) {
        return add("p", words);
    }

    /** With lines as they stand, in letters of one width. */
    public HtmlPage lines(String words) {
        return add("pre", words);
    }

    private HtmlPage add(String tag, String words) {
        body.append("<").append(tag).append(">").append(Markup.escape(words));
        body.append("</").append(tag).append(">\n");
        return this;
    }

    /** With a table; columns in which only numbers stand are aligned at their ends. An empty head is left out. */
    public HtmlPage table(List<String> head, List<List<String>> rows) {
        body.append("<div class=\"wide\"><table>\n");
        if (!head.isEmpty()) {
            row("th", head, rows);
        }
        rows.forEach(row -> row("td", row, rows));
        body.append("</table></div>\n");
        return this;
    }

    private void row(String tag, List<String> cells, List<List<String>> rows) {
        body.append("<tr>");
        for (int i = 0; i < cells.size(); i++) {
            int column = i;
            boolean numbers = rows.stream().allMatch(row -> column >= row.size() || isNumber(row.get(column)));
            body.append("<").append(tag).append(numbers ? " class=\"number\">" : ">");
            body.append(Markup.escape(cells.get(i))).append("</").append(tag).append(">");
        }
        body.append("</tr>\n");
    }

    private static boolean isNumber(String cell) {
        return cell.matches("[-+]?[\\d,.]+( ?(%|x|ms|s|KB|B))?|-|");
    }

    /** With an SVG picture, drawn as part of the page. */
    public HtmlPage picture(String svg) {
        body.append("<figure>\n").append(svg).append("</figure>\n");
        return this;
    }

    /** The page. */
    public String html() {
        return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n"
                + "<meta name=\"viewport\" content=\"width=device-width\"/>\n<title>" + Markup.escape(title)
                + "</title>\n<style>\n" + STYLE + "</style>\n</head>\n<body>\n<h1>" + Markup.escape(title) + "</h1>\n"
                + body + "</body>\n</html>\n";
    }
}
