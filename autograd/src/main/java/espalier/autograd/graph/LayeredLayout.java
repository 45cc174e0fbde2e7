package espalier.autograd.graph;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * Places boxes in layers, so that every arrow points downwards (Sugiyama, Tagawa and Toda 1981).
 *
 * <ol>
 *   <li>The layer of a box is its longest distance from the result, so that a parameter stands right above its reader.
 *   <li>An arrow over several layers is cut by points, one in each layer between.
 *   <li>Boxes in a layer are ordered by the mean place of their neighbours, back and forth, and the order with the
 *       fewest crossings is kept.
 *   <li>Each is then pulled to its neighbours as far as the others let it ({@link #place}). What an operation computes
 *       on, its first input, pulls most: a network becomes a straight spine with its parameters at the sides.
 * </ol>
 */
final class LayeredLayout {
    private static final int ORDER_SWEEPS = 12;
    private static final int PLACE_SWEEPS = 60;

    /** A box or, with number −1, a point of an arrow. */
    static final class Vertex {
        final int box;
        final int layer;
        final double width;
        /** How hard it is to push aside. */
        final double weight;

        final List<Link> above = new ArrayList<>();
        final List<Link> below = new ArrayList<>();
        /** The points of the arrow that this point belongs to; of a box, none. */
        final List<Vertex> line;

        /** Centre. */
        double x;

        private double order;

        Vertex(int box, int layer, double width, double weight, List<Vertex> line) {
            this.box = box;
            this.layer = layer;
            this.width = width;
            this.weight = weight;
            this.line = line;
        }

        boolean isPoint() {
            return box < 0;
        }
    }

    /** A piece of an arrow between neighbouring layers, and how hard it pulls. */
    record Link(Vertex to, double pull) {}

    /** An arrow from a box, perhaps over points, to a box. */
    record Arrow(List<Vertex> way) {}

    /** From the result upwards. */
    final List<List<Vertex>> layers = new ArrayList<>();

    final List<Arrow> arrows = new ArrayList<>();
    private final double gap;

    /**
     * Places boxes.
     *
     * @param inputs for each box those it was made from; box 0 is the result
     * @param widths of the boxes
     * @param gap least space between two boxes
     */
    LayeredLayout(List<List<Integer>> inputs, double[] widths, double gap) {
        this.gap = gap;
        build(inputs, widths, depths(inputs));
        order();
        position();
    }

    /** The longest distance of each box from the result. */
    private static int[] depths(List<List<Integer>> inputs) {
        int[] waiting = new int[inputs.size()];
        inputs.forEach(from -> from.forEach(input -> waiting[input]++));
        int[] depths = new int[inputs.size()];
        List<Integer> ready = new ArrayList<>(List.of(0));
        for (int i = 0; i < ready.size(); i++) {
            int box = ready.get(i);
            for (int input : inputs.get(box)) {
                depths[input] = Math.max(depths[input], depths[box] + 1);
                if (--waiting[input] == 0) {
                    ready.add(input);
                }
            }
        }
        return depths;
    }

    private void build(List<List<Integer>> inputs, double[] widths, int[] depths) {
        for (int i = 0; i <= Arrays.stream(depths).max().orElse(0); i++) {
            layers.add(new ArrayList<>());
        }
        Vertex[] vertices = new Vertex[widths.length];
        for (int box = 0; box < vertices.length; box++) {
            double weight = inputs.get(box).isEmpty() ? 0.02 : 1;
            vertices[box] = add(new Vertex(box, depths[box], widths[box], weight, List.of()));
        }
        for (int box = 0; box < vertices.length; box++) {
            boolean first = true;
            for (int input : inputs.get(box)) {
                boolean leaf = inputs.get(input).isEmpty();
                connect(vertices[input], vertices[box], leaf ? 0.01 : first ? 1 : 0.05);
                first &= leaf;
            }
        }
    }

    private void connect(Vertex from, Vertex to, double pull) {
        List<Vertex> way = new ArrayList<>(List.of(from));
        List<Vertex> points = new ArrayList<>();
        for (int layer = from.layer - 1; layer > to.layer; layer--) {
            points.add(add(new Vertex(-1, layer, 0, 0.3, points)));
        }
        way.addAll(points);
        way.add(to);
        for (int i = 1; i < way.size(); i++) {
            way.get(i - 1).below.add(new Link(way.get(i), pull));
            way.get(i).above.add(new Link(way.get(i - 1), pull));
        }
        arrows.add(new Arrow(List.copyOf(way)));
    }

    private Vertex add(Vertex vertex) {
        layers.get(vertex.layer).add(vertex);
        return vertex;
    }

    private void order() {
        List<List<Vertex>> best = copy();
        int fewest = Integer.MAX_VALUE;
        for (int sweep = 0; sweep < ORDER_SWEEPS && fewest > 0; sweep++) {
            layers.forEach(LayeredLayout::number);
            boolean upwards = sweep % 2 == 0;
            for (int i = 1; i < layers.size(); i++) {
                List<Vertex> layer = layers.get(upwards ? i : layers.size() - 1 - i);
                for (Vertex vertex : layer) {
                    vertex.order = (upwards ? vertex.below : vertex.above)
                            .stream()
                                    .mapToDouble(link -> link.to.order)
                                    .average()
                                    .orElse(vertex.order);
                }
                layer.sort(Comparator.comparingDouble(vertex -> vertex.order));
                number(layer);
            }
            int crossings = crossings();
            if (crossings < fewest) {
                fewest = crossings;
                best = copy();
            }
        }
        layers.clear();
        layers.addAll(best);
    }

    private List<List<Vertex>> copy() {
        List<List<Vertex>> copy = new ArrayList<>();
        layers.forEach(layer -> copy.add(new ArrayList<>(layer)));
        return copy;
    }

    private static void number(List<Vertex> layer) {
        for (int i = 0; i < layer.size(); i++) {
            layer.get(i).order = i;
        }
    }

    /** Pairs of arrows between neighbouring layers whose ends are in opposite order. */
    private int crossings() {
        int crossings = 0;
        for (List<Vertex> layer : layers) {
            List<double[]> ends = new ArrayList<>();
            layer.forEach(to -> to.above.forEach(link -> ends.add(new double[] {to.order, link.to.order})));
            for (int i = 0; i < ends.size(); i++) {
                for (int j = 0; j < i; j++) {
                    double a = ends.get(i)[0] - ends.get(j)[0];
                    double b = ends.get(i)[1] - ends.get(j)[1];
                    crossings += a * b < 0 ? 1 : 0;
                }
            }
        }
        return crossings;
    }

    private void position() {
        layers.forEach(layer -> place(layer, new double[layer.size()]));
        for (int sweep = 1; sweep <= PLACE_SWEEPS; sweep++) {
            boolean upwards = sweep % 2 == 0; // the last one too, so that parameters are close to their readers
            boolean straighten = sweep > PLACE_SWEEPS / 3;
            for (int i = 0; i < layers.size(); i++) {
                List<Vertex> layer = layers.get(upwards ? i : layers.size() - 1 - i);
                place(
                        layer,
                        layer.stream()
                                .mapToDouble(vertex -> wish(vertex, upwards, straighten))
                                .toArray());
            }
        }
        arrows.forEach(arrow -> straighten(arrow.way.subList(1, arrow.way.size() - 1)));
        double left = layers.stream()
                .mapToDouble(layer -> layer.getFirst().x - layer.getFirst().width / 2)
                .min()
                .orElse(0);
        layers.forEach(layer -> layer.forEach(vertex -> vertex.x -= left));
    }

    /** A box wants to be where those it hangs on are; a point, in line with the rest of its arrow. */
    private static double wish(Vertex vertex, boolean upwards, boolean straighten) {
        if (vertex.isPoint() && straighten) {
            return vertex.line.stream().mapToDouble(point -> point.x).average().orElse(vertex.x);
        }
        double sum = 0;
        double total = 0;
        for (Link link : upwards ? vertex.below : vertex.above) {
            sum += link.pull * link.to.x;
            total += link.pull;
        }
        return total == 0 ? vertex.x : sum / total;
    }

    /** Moves the points of an arrow in line with the rightmost or the leftmost, if there is room all the way. */
    private void straighten(List<Vertex> points) {
        double[] xs = points.stream().mapToDouble(point -> point.x).sorted().toArray();
        if (xs.length < 2) {
            return;
        }
        for (double x : new double[] {xs[xs.length - 1], xs[0]}) {
            if (points.stream().allMatch(point -> isFree(point, x))) {
                points.forEach(point -> point.x = x);
                return;
            }
        }
    }

    private boolean isFree(Vertex point, double x) {
        double low = Math.min(point.x, x);
        double high = Math.max(point.x, x);
        return layers.get(point.layer).stream()
                .filter(other -> !other.equals(point))
                .allMatch(other ->
                        other.x + other.width / 2 + gap / 2 < low || other.x - other.width / 2 - gap / 2 > high);
    }

    /**
     * The places nearest to the wished ones that keep order and gaps: minimizes {@code Σ w·(x − wished)²}. With the
     * least distances taken off, this is isotonic regression: neighbours in the wrong order are merged into one block
     * at their weighted mean.
     */
    private void place(List<Vertex> layer, double[] wished) {
        int n = layer.size();
        double[] least = new double[n];
        for (int i = 1; i < n; i++) {
            least[i] = least[i - 1] + (layer.get(i - 1).width + layer.get(i).width) / 2 + gap;
        }
        double[] mean = new double[n];
        double[] weight = new double[n];
        int[] size = new int[n];
        int blocks = 0;
        for (int i = 0; i < n; i++) {
            mean[blocks] = wished[i] - least[i];
            weight[blocks] = layer.get(i).weight;
            size[blocks++] = 1;
            while (blocks > 1 && mean[blocks - 2] > mean[blocks - 1]) {
                int into = --blocks - 1;
                double sum = weight[into] + weight[blocks];
                mean[into] = (mean[into] * weight[into] + mean[blocks] * weight[blocks]) / sum;
                weight[into] = sum;
                size[into] += size[blocks];
            }
        }
        int i = 0;
        for (int block = 0; block < blocks; block++) {
            for (int k = 0; k < size[block]; k++, i++) {
                layer.get(i).x = mean[block] + least[i];
            }
        }
    }
}
