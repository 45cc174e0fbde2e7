package espalier.autograd;

import espalier.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;

/**
 * The backward pass: sort the graph so that every variable comes after all that was made from it, then walk it once,
 * handing each gradient on to the inputs.
 *
 * <p>Both steps are loops, not recursion, so a deep network does not overflow the stack. The order depends on the graph
 * alone: the same graph gives the same bits.
 */
final class Engine {
    /** Variables at which the walk ends, as if they were leaves. */
    private final Set<Variable> ends;

    private final Map<Variable, Tensor> pending = new IdentityHashMap<>();

    private Engine(Set<Variable> ends) {
        this.ends = ends;
    }

    /**
     * Walks from {@code root} down to the leaves and to the variables in {@code ends} (compared by identity), and tells
     * {@code arrived} the gradient of each, and of those in between that {@linkplain Variable#keepGradient keep
     * theirs}.
     */
    static void backward(Variable root, Tensor seed, Set<Variable> ends, BiConsumer<Variable, Tensor> arrived) {
        new Engine(ends).walk(root, seed, arrived);
    }

    private void walk(Variable root, Tensor seed, BiConsumer<Variable, Tensor> arrived) {
        pending.put(root, seed);
        for (Variable variable : consumersFirst(root)) {
            Tensor g = pending.remove(variable);
            if (g == null) {
                continue; // every path to it said "no gradient"
            }
            Optional<Node> way = wayOn(variable);
            if (way.isEmpty() || variable.keepsGradient()) {
                arrived.accept(variable, g);
            }
            way.ifPresent(node -> handOn(node, node.use(g, () -> takePending(node))));
        }
    }

    /** What the first input of a node has been given so far; if the node asks for it, it adds it up itself. */
    private Optional<Tensor> takePending(Node node) {
        return Optional.ofNullable(pending.remove(node.inputs().getFirst()));
    }

    private void handOn(Node node, List<Optional<Tensor>> gradients) {
        List<Variable> inputs = node.inputs();
        if (gradients.size() != inputs.size()) {
            throw new IllegalStateException(
                    "backward: " + node + " gave " + gradients.size() + " gradients for " + inputs.size() + " inputs");
        }
        for (int i = 0; i < inputs.size(); i++) {
            Variable input = inputs.get(i);
            gradients.get(i).filter(g -> input.needsGradient()).ifPresent(g -> {
                if (Autograd.isGuarded()) {
                    NumberGuard.check("backward of " + node, g);
                }
                pending.merge(input, sumTo(node, input, g), Tensor::add);
            });
        }
    }

    /** Undoes broadcasting: sums over the axes along which the input was stretched. */
    private static Tensor sumTo(Node node, Variable input, Tensor g) {
        if (g.dtype() != input.value().dtype()) {
            throw new IllegalStateException("backward: " + node + " gave a gradient of " + g.dtype()
                    + " for an input of " + input.value().dtype());
        }
        if (g.shape().equals(input.shape())) {
            return g;
        }
        int lead = g.rank() - input.value().rank();
        List<Integer> stretched = new ArrayList<>();
        boolean fits = lead >= 0;
        for (int axis = 0; fits && axis < g.rank(); axis++) {
            int from = axis < lead ? 1 : input.value().dim(axis - lead);
            if (axis < lead || from != g.dim(axis)) {
                stretched.add(axis);
                fits = from == 1;
            }
        }
        if (!fits) {
            throw new IllegalStateException("backward: " + node + " gave a gradient of shape " + g.shape()
                    + " for an input of shape " + input.shape());
        }
        Tensor sum = g.sum(true, stretched.stream().mapToInt(Integer::intValue).toArray());
        return sum.reshape(input.shape());
    }

    /** All variables below the root that need a gradient, each after everything that was made from it. */
    private List<Variable> consumersFirst(Variable root) {
        Map<Variable, Integer> uses = new IdentityHashMap<>();
        Deque<Variable> open = new ArrayDeque<>(List.of(root));
        uses.put(root, 0);
        while (!open.isEmpty()) {
            for (Variable input : inputsOf(open.pop())) {
                if (input.needsGradient() && uses.merge(input, 1, Integer::sum) == 1) {
                    open.push(input);
                }
            }
        }
        List<Variable> order = new ArrayList<>();
        Deque<Variable> ready = new ArrayDeque<>(List.of(root));
        while (!ready.isEmpty()) {
            Variable next = ready.pop();
            order.add(next);
            for (Variable input : inputsOf(next)) {
                if (input.needsGradient() && uses.merge(input, -1, Integer::sum) == 0) {
                    ready.push(input);
                }
            }
        }
        return order;
    }

    private List<Variable> inputsOf(Variable variable) {
        return wayOn(variable).map(Node::inputs).orElse(List.of());
    }

    private Optional<Node> wayOn(Variable variable) {
        return ends.contains(variable) ? Optional.empty() : variable.node();
    }
}
