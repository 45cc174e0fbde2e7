package espalier.autograd.graph;

import espalier.autograd.Variable;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * A drawing of the graph below a variable: what it was made from, back to the leaves.
 *
 * <pre>{@code
 * Variable x = Variable.parameter(Tensor.of(new float[] {3}));
 * Variable w = Variable.parameter(Tensor.of(new float[] {-2}));
 * Variable loss = x.mul(w).tanh().sum();
 * loss.backward();
 * GraphDrawing drawing = GraphDrawing.of(loss).named(x, "x").named(w, "w").withNumbers(4);
 * System.out.print(drawing.text());
 * Files.writeString(Path.of("graph.svg"), drawing.svg());
 * }</pre>
 *
 * <p>It may be drawn before or after the backward pass. Only leaves have gradients then, unless others were asked to
 * {@linkplain Variable#keepGradient keep theirs}.
 */
public final class GraphDrawing {
    private final Variable result;
    private final Map<Variable, String> names = new IdentityHashMap<>();
    private int mostNumbers;

    private GraphDrawing(Variable result) {
        this.result = result;
    }

    /** A drawing of everything that {@code result} was made from. */
    public static GraphDrawing of(Variable result) {
        return new GraphDrawing(result);
    }

    /** Writes a name at a variable. */
    public GraphDrawing named(Variable variable, String name) {
        names.put(variable, name);
        return this;
    }

    /** Writes value and gradient at variables of at most this many elements. */
    public GraphDrawing withNumbers(int mostElements) {
        mostNumbers = mostElements;
        return this;
    }

    /**
     * A listing for the terminal, the result first. Behind an arrow stand the leaves that an operation read; the tree
     * branches only where an operation was made from several others; {@code #1} marks what is used more than once.
     */
    public String text() {
        return Listing.of(picture());
    }

    /** For Graphviz. */
    public String dot() {
        return Dot.of(picture());
    }

    /** A picture that needs nothing else, with the result at the bottom: orange, operations blue, parameters green. */
    public String svg() {
        return Svg.of(picture());
    }

    private Picture picture() {
        return Picture.of(result, names, mostNumbers);
    }
}
