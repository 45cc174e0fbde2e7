package espalier.autograd;

import static espalier.autograd.Edge.edge;

import espalier.tensor.PadMode;
import espalier.tensor.Shape;
import espalier.tensor.Shaping;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/** The same elements in another form. Where the form is a view, the gradient is one too. */
public sealed interface Reshaping permits Variable {
    private Variable self() {
        return (Variable) this;
    }

    private Variable viewed(String op, Tensor value, UnaryOperator<Tensor> back) {
        return viewed(op, Spec.NONE, value, back);
    }

    private Variable viewed(String op, Spec spec, Tensor value, UnaryOperator<Tensor> back) {
        return Variable.of(op, spec, value, edge(self(), back));
    }

    /** The same elements under another shape; one size may be −1 and is worked out. */
    default Variable reshape(int... dims) {
        Tensor x = self().value();
        return viewed("reshape", x.reshape(dims), g -> g.reshape(x.shape()));
    }

    /** The same elements under another shape. */
    default Variable reshape(Shape shape) {
        Tensor x = self().value();
        return viewed("reshape", x.reshape(shape), g -> g.reshape(x.shape()));
    }

    /** All axes from {@code axis} on made one. */
    default Variable flatten(int axis) {
        Tensor x = self().value();
        return viewed("flatten", x.flatten(axis), g -> g.reshape(x.shape()));
    }

    /** The axes in another order. */
    default Variable permute(int... order) {
        Tensor x = self().value();
        Tensor y = x.permute(order);
        int[] forth = new int[order.length];
        int[] back = new int[order.length];
        for (int i = 0; i < order.length; i++) {
            forth[i] = x.shape().axis(order[i], "permute");
            back[forth[i]] = i;
        }
        return viewed("permute", Spec.Order.of(forth), y, g -> g.permute(back));
    }

    /** Two axes exchanged. */
    default Variable transpose(int a, int b) {
        Tensor x = self().value();
        Tensor y = x.transpose(a, b);
        return viewed("transpose", Spec.Order.exchanging(x.rank(), a, b), y, g -> g.transpose(a, b));
    }

    /** The last two axes exchanged. */
    default Variable t() {
        Tensor x = self().value();
        Tensor y = x.t();
        return viewed("t", Spec.Order.exchanging(x.rank(), -2, -1), y, Tensor::t);
    }

    /** An axis of size 1 taken out. */
    default Variable squeeze(int axis) {
        Tensor x = self().value();
        return viewed("squeeze", x.squeeze(axis), g -> g.reshape(x.shape()));
    }

    /** An axis of size 1 put in; −1 puts it last. */
    default Variable unsqueeze(int axis) {
        Tensor x = self().value();
        return viewed("unsqueeze", x.unsqueeze(axis), g -> g.reshape(x.shape()));
    }

    /** Stretched by broadcasting. The gradient is summed over the stretched axes. */
    default Variable expand(Shape shape) {
        return viewed("expand", self().value().expand(shape), g -> g);
    }

    /** Stretched by broadcasting. */
    default Variable expand(int... dims) {
        return expand(Shape.of(dims));
    }

    /** {@code count} elements from {@code start} along an axis. */
    default Variable narrow(int axis, int start, int count) {
        return part("narrow", partOf("narrow", axis, start, start + count, 1), x -> x.narrow(axis, start, count));
    }

    /** Elements start, start+step, … before {@code end} along an axis; a step of at least 1. */
    default Variable slice(int axis, int start, int end, int step) {
        return part("slice", partOf("slice", axis, start, end, step), x -> x.slice(axis, start, end, step));
    }

    /** One index along an axis, which disappears. */
    default Variable select(int axis, int index) {
        return part("select", partOf("select", axis, index, index + 1, 1), x -> x.select(axis, index));
    }

    /** Some elements, chosen by a view: their gradient goes to the same places, and 0 to the rest. */
    private Variable part(String op, Spec spec, UnaryOperator<Tensor> view) {
        Tensor x = self().value();
        return viewed(op, spec, view.apply(x), g -> {
            Tensor dx = Tensor.zeros(g.device(), g.dtype(), x.shape());
            view.apply(dx).copyInPlace(g);
            return dx;
        });
    }

    private Spec partOf(String op, int axis, int start, int end, int step) {
        return new Spec.Part(self().shape().axis(axis, op), start, end, step);
    }

    /** The elements along an axis in reverse. */
    default Variable flip(int axis) {
        Tensor x = self().value();
        return viewed("flip", Spec.Axes.of(x.shape().axis(axis, "flip")), x.flip(axis), g -> g.flip(axis));
    }

    /** Pieces of the given sizes along an axis. */
    default List<Variable> split(int axis, int... sizes) {
        self().value().split(axis, sizes); // checks the sizes
        List<Variable> pieces = new ArrayList<>();
        int start = 0;
        for (int size : sizes) {
            int from = start;
            pieces.add(part("split", partOf("split", axis, from, from + size, 1), x -> x.narrow(axis, from, size)));
            start += size;
        }
        return List.copyOf(pieces);
    }

    /**
     * All slices along an axis, which disappears; {@link #stack} puts them together again. One tensor takes the
     * gradients of all, where {@link #select} makes one for each. So they belong to one backward pass: add the losses
     * that are made of them.
     */
    default List<Variable> unstack(int axis) {
        Tensor x = self().value();
        int at = x.shape().axis(axis, "unstack");
        List<Tensor> values = x.unstack(at);
        PartwiseGradient gradient = new PartwiseGradient(x.shape());
        Variable whole = Variable.of("unstack", Spec.Axes.of(at), x, edge(self(), gradient::whole));
        List<Variable> slices = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            int index = i;
            slices.add(Variable.jointly(
                    "select",
                    new Spec.Part(at, i, i + 1, 1),
                    values.get(i),
                    List.of(whole),
                    g -> List.of(gradient.part(g, dx -> dx.select(at, index)))));
        }
        return List.copyOf(slices);
    }

    /** Variables one after the other along an existing axis; the other sizes must agree. */
    static Variable concat(int axis, List<Variable> parts) {
        Tensor joined = Shaping.concat(axis, parts.stream().map(Variable::value).toList());
        List<Edge> edges = new ArrayList<>();
        int start = 0;
        for (Variable part : parts) {
            int from = start;
            int count = part.value().dim(axis);
            edges.add(edge(part, g -> g.narrow(axis, from, count)));
            start += count;
        }
        return Variable.of(
                "concat", Spec.Axes.of(joined.shape().axis(axis, "concat")), joined, edges.toArray(Edge[]::new));
    }

    /** Variables of one shape along a new axis; −1 puts it last. */
    static Variable stack(int axis, List<Variable> parts) {
        Tensor joined = Shaping.stack(axis, parts.stream().map(Variable::value).toList());
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < parts.size(); i++) {
            int at = i;
            edges.add(edge(parts.get(i), g -> g.select(axis, at)));
        }
        return Variable.of(
                "stack", Spec.Axes.of(joined.shape().axis(axis, "stack")), joined, edges.toArray(Edge[]::new));
    }

    /** More elements on both sides of an axis: zeros, mirrored ones, or the edge repeated. */
    default Variable pad(PadMode mode, int axis, int before, int after) {
        Tensor x = self().value();
        int n = x.dim(axis);
        Spec spec = new Spec.Pad(mode, x.shape().axis(axis, "pad"), before, after);
        return viewed("pad", spec, x.pad(mode, axis, before, after), g -> {
            Tensor inner = g.narrow(axis, before, n);
            Tensor left = g.narrow(axis, 0, before);
            Tensor right = g.narrow(axis, before + n, after);
            return switch (mode) {
                case ZERO -> inner;
                case REFLECT -> {
                    Tensor dx = inner.copy();
                    dx.narrow(axis, Math.min(1, n), before).addInPlace(left.flip(axis));
                    dx.narrow(axis, Math.max(0, n - 1 - after), after).addInPlace(right.flip(axis));
                    yield dx;
                }
                case REPLICATE -> {
                    Tensor dx = inner.copy();
                    if (n > 0) {
                        dx.narrow(axis, 0, 1).addInPlace(left.sum(true, axis));
                        dx.narrow(axis, n - 1, 1).addInPlace(right.sum(true, axis));
                    }
                    yield dx;
                }
            };
        });
    }
}
