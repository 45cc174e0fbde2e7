package espalier.sparsity.surgery;

import espalier.autograd.Spec;
import espalier.nn.Module;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.layer.ShortcutA;
import espalier.sparsity.graph.Network;
import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operand.Stored;
import espalier.sparsity.graph.Operation;
import espalier.sparsity.surgery.Wiring.Axis;
import espalier.tensor.Shape;
import espalier.tensor.spi.ConvSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Goes through a network once and says of each operation what it does to channels. To teach surgery an operation, add
 * it here.
 */
final class Wirer {
    private final Map<String, Module> modules;
    private final Set<String> parameters;
    private final Wiring wiring;

    private Wirer(Module model, Network network) {
        this.modules = model.modules();
        this.parameters = model.parameters().keySet();
        this.wiring = new Wiring(network);
    }

    static Wiring wire(Module model, Network network) {
        Wirer wirer = new Wirer(model, network);
        wirer.input();
        network.operations().forEach(wirer::wire);
        wirer.wiring.barrier(network.output(), "it is the output of the network");
        wirer.wiring.finish();
        return wirer.wiring;
    }

    private void input() {
        Shape shape = wiring.network.input();
        if (shape.rank() > 1) {
            Operand input = new Operand.Input(shape);
            wiring.axes.put(input, new Axis(1, wiring.channels.fresh(shape.dim(1))));
            wiring.barrier(input, "it is the input of the network");
        }
    }

    private void wire(Operation o) {
        switch (o.name()) {
            case "relu",
                    "leakyRelu",
                    "sigmoid",
                    "tanh",
                    "gelu",
                    "silu",
                    "softplus",
                    "abs",
                    "neg",
                    "exp",
                    "square",
                    "clamp",
                    "unstack",
                    "maxPool2d",
                    "avgPool2d",
                    "adaptiveAvgPool2d" -> pass(o, 0, axisOf(o, 0));
            case "add", "sub", "mul", "div", "min", "max" -> elementwise(o);
            case "batchNormInference", "scaleShift" -> norm(o);
            case "mean", "sum", "maxOver", "minOver" -> {
                if (o.spec() instanceof Spec.Axes(List<Integer> axes)) {
                    reduce(o, axes);
                } else {
                    unknown(o);
                }
            }
            case "flatten", "reshape", "squeeze", "unsqueeze" -> reshape(o);
            case "permute", "transpose", "t" -> {
                if (o.spec() instanceof Spec.Order(List<Integer> order)) {
                    pass(o, 0, axisOf(o, 0).map(order::indexOf));
                } else {
                    unknown(o);
                }
            }
            case "narrow", "slice", "split", "select" -> part(o);
            case "concat" -> concat(o);
            case "pad" -> pad(o);
            case "conv2d", "conv1d" -> convolution(o);
            case "linear" -> mix(o, 1, false, true);
            case "matmul" -> {
                if (o.operands().get(1) instanceof Stored weight
                        && weight.shape().rank() == 2) {
                    mix(o, 1, true, true);
                } else {
                    unknown(o);
                }
            }
            default -> unknown(o);
        }
    }

    private Optional<Integer> axisOf(Operation o, int operand) {
        return wiring.axis(o.operands().get(operand)).map(Axis::axis);
    }

    /** Channels pass from one operand, index by index, and lie along an axis of the result. */
    private void pass(Operation o, int operand, Optional<Integer> axis) {
        Operand from = o.operands().get(operand);
        if (axis.isEmpty() || wiring.axis(from).isEmpty()) {
            unknown(o);
            return;
        }
        int[] channels = wiring.axis(from).get().channels();
        flow(o, from, IntStream.range(0, channels.length).toArray());
        wiring.axes.put(o.result(), new Axis(axis.get(), channels));
    }

    private void site(String path, int axis, int[] channels) {
        wiring.site(path, axis, channels);
        String owner = path.substring(0, Math.max(0, path.lastIndexOf('.')));
        if (!parameters.contains(path) && !(modules.get(owner) instanceof BatchNorm)) {
            wiring.forbid(path, "surgery cannot replace the buffer " + path);
        }
    }

    private void flow(Operation o, Operand from, int[] source) {
        wiring.flows.add(new Flow(o, from, source));
    }

    private void norm(Operation o) {
        pass(o, 0, axisOf(o, 0).filter(axis -> axis == 1));
        wiring.axis(o.result())
                .ifPresent(axis -> o.operands().stream().skip(1).forEach(operand -> {
                    if (operand instanceof Stored stored && stored.shape().rank() == 1) {
                        site(stored.path(), 0, axis.channels());
                    } else {
                        wiring.channels.pin(
                                axis.channels(), o.where() + " has a scale, shift or statistic that is not stored");
                    }
                }));
    }

    /** Operands of one shape are joined; one that is broadcast along the channels stays whole. */
    private void elementwise(Operation o) {
        Optional<Integer> fromEnd = o.operands().stream()
                .flatMap(operand -> wiring
                        .axis(operand)
                        .filter(axis -> operand.shape().dim(axis.axis()) > 1)
                        .map(axis -> axis.axis() - operand.shape().rank())
                        .stream())
                .findFirst();
        if (fromEnd.isEmpty()) {
            unknown(o);
            return;
        }
        int axis = o.shape().rank() + fromEnd.get();
        int[] channels = wiring.channels.fresh(o.shape().dim(axis));
        wiring.axes.put(o.result(), new Axis(axis, channels));
        for (Operand operand : o.operands()) {
            int own = operand.shape().rank() + fromEnd.get();
            boolean whole = own >= 0 && operand.shape().dim(own) == channels.length;
            switch (operand) {
                case Stored stored when whole -> site(stored.path(), own, channels);
                case Operand.Constant _
                when whole && channels.length > 1 ->
                    wiring.channels.pin(channels, o.where() + " reads a constant tensor, which cannot be cut");
                case Stored _, Operand.Constant _ -> {}
                case Operand.Result _, Operand.Input _ -> {
                    Optional<Axis> known = wiring.axis(operand);
                    if (whole && known.isPresent() && known.get().axis() == own) {
                        wiring.channels.join(channels, known.get().channels());
                        flow(o, operand, IntStream.range(0, channels.length).toArray());
                    } else {
                        wiring.barrier(operand, o.where() + " broadcasts it");
                    }
                }
            }
        }
    }

    private void reduce(Operation o, List<Integer> over) {
        Optional<Integer> axis = axisOf(o, 0).filter(a -> !over.contains(a));
        boolean kept = o.shape().rank() == o.operands().getFirst().shape().rank();
        pass(
                o,
                0,
                axis.map(a ->
                        kept ? a : a - (int) over.stream().filter(r -> r < a).count()));
    }

    /** A channel's elements stay together, one after the other: flatten gives each H·W indices. */
    private void reshape(Operation o) {
        Operand from = o.operands().getFirst();
        Optional<Axis> known = wiring.axis(from);
        if (known.isPresent()) {
            int[] channels = known.get().channels();
            int inner =
                    product(from.shape(), known.get().axis() + 1, from.shape().rank());
            for (int axis = o.shape().rank() - 1; axis >= 0; axis--) {
                int after = product(o.shape(), axis + 1, o.shape().rank());
                if (after > 0 && inner % after == 0 && o.shape().dim(axis) == channels.length * (inner / after)) {
                    int each = inner / after;
                    int[] source = IntStream.range(0, channels.length * each)
                            .map(i -> i / each)
                            .toArray();
                    flow(o, from, source);
                    wiring.axes.put(o.result(), new Axis(axis, picked(channels, source)));
                    return;
                }
            }
        }
        unknown(o);
    }

    private static int product(Shape shape, int from, int to) {
        return IntStream.range(from, to).map(shape::dim).reduce(1, (a, b) -> a * b);
    }

    private static int[] picked(int[] from, int[] indices) {
        return Arrays.stream(indices).map(i -> from[i]).toArray();
    }

    private void part(Operation o) {
        Optional<Integer> axis = axisOf(o, 0);
        if (!(o.spec() instanceof Spec.Part part) || axis.isEmpty() || axis.get() == part.axis()) {
            unknown(o);
            return;
        }
        boolean gone = o.name().equals("select") && part.axis() < axis.get();
        pass(o, 0, axis.map(a -> gone ? a - 1 : a));
    }

    private void concat(Operation o) {
        List<Optional<Axis>> axes = o.operands().stream().map(wiring::axis).toList();
        if (!(o.spec() instanceof Spec.Axes(List<Integer> along))
                || axes.stream().anyMatch(Optional::isEmpty)
                || axes.stream().map(a -> a.orElseThrow().axis()).distinct().count() != 1) {
            unknown(o);
            return;
        }
        int axis = axes.getFirst().orElseThrow().axis();
        int length = o.shape().dim(axis);
        int[] channels = wiring.channels.fresh(length);
        int start = 0;
        for (int i = 0; i < axes.size(); i++) {
            int[] part = axes.get(i).orElseThrow().channels();
            int[] source = IntStream.range(0, part.length).toArray();
            if (along.getFirst() == axis) {
                source = new int[length];
                Arrays.fill(source, -1);
                for (int c = 0; c < part.length; c++) {
                    source[start + c] = c;
                    wiring.channels.join(channels[start + c], part[c]);
                }
                start += part.length;
            } else {
                wiring.channels.join(channels, part);
            }
            flow(o, o.operands().get(i), source);
        }
        wiring.axes.put(o.result(), new Axis(axis, channels));
    }

    private void pad(Operation o) {
        Optional<Axis> known = wiring.axis(o.operands().getFirst());
        if (!(o.spec() instanceof Spec.Pad pad) || known.isEmpty()) {
            unknown(o);
            return;
        }
        if (pad.axis() != known.get().axis()) {
            pass(o, 0, known.map(Axis::axis));
            return;
        }
        int[] inside = known.get().channels();
        int[] before = wiring.channels.fresh(pad.before());
        int[] after = wiring.channels.fresh(pad.after());
        if (modules.get(o.place()) instanceof ShortcutA shortcut) {
            wiring.paddings.add(new Wiring.Padding(o, shortcut, before, inside, after));
        } else {
            String why = o.where() + " pads by numbers that surgery cannot change";
            wiring.channels.pin(before, why);
            wiring.channels.pin(after, why);
        }
        List<Integer> channels = new ArrayList<>();
        for (int[] some : List.of(before, inside, after)) {
            Arrays.stream(some).forEach(channels::add);
        }
        flow(
                o,
                o.operands().getFirst(),
                IntStream.range(0, channels.size())
                        .map(i -> i >= pad.before() && i < pad.before() + inside.length ? i - pad.before() : -1)
                        .toArray());
        wiring.axes.put(
                o.result(),
                new Axis(
                        pad.axis(),
                        channels.stream().mapToInt(Integer::intValue).toArray()));
    }

    private void convolution(Operation o) {
        if (!(o.spec() instanceof Spec.Conv(ConvSpec spec))) {
            unknown(o);
            return;
        }
        boolean padded = spec.padW() > 0 || (o.name().equals("conv2d") && spec.padH() > 0);
        mix(o, spec.groups(), false, !padded);
    }

    private void mix(Operation o, int groups, boolean inputFirst, boolean everywhereSame) {
        Operand data = o.operands().get(0);
        boolean linear = o.name().equals("linear") || o.name().equals("matmul");
        int axis = linear ? data.shape().rank() - 1 : 1;
        Optional<Axis> known = wiring.axis(data).filter(a -> a.axis() == axis);
        if (known.isEmpty() || !(o.operands().get(1) instanceof Stored weight)) {
            unknown(o);
            return;
        }
        Optional<Operand> third = o.operands().stream().skip(2).findFirst();
        Optional<String> bias = third.filter(Stored.class::isInstance).map(b -> ((Stored) b).path());
        Mixer mixer = new Mixer(o, data, weight.path(), weight.shape(), groups, inputFirst, everywhereSame, bias);
        wiring.mixers.put(o, mixer);
        int[] in = known.get().channels();
        int[] out = wiring.channels.fresh(mixer.outputs());
        wiring.axes.put(o.result(), new Axis(axis, out));
        site(weight.path(), inputFirst ? 1 : 0, out);
        bias.ifPresent(path -> site(path, 0, out));
        if (third.isPresent() && bias.isEmpty()) {
            wiring.channels.pin(out, o.where() + " has a bias that is not stored");
        }
        if (groups == 1) {
            site(weight.path(), inputFirst ? 0 : 1, in);
        } else if (mixer.isDepthwise()) {
            int each = mixer.outputs() / groups;
            for (int i = 0; i < out.length; i++) {
                wiring.channels.join(out[i], in[i / each]);
            }
            if (!(modules.get(o.place()) instanceof Conv2d)) {
                wiring.channels.pin(out, o.where() + " has a number of groups that surgery cannot change");
            }
        }
    }

    /** Nothing that it reads or makes may be cut. */
    private void unknown(Operation o) {
        String why = "surgery does not know " + o.where() + " of shape " + o.shape();
        for (Operand operand : o.operands()) {
            wiring.barrier(operand, why);
            if (operand instanceof Stored stored) {
                wiring.forbid(stored.path(), why);
            }
        }
        if (o.shape().rank() > 1) {
            int[] channels = wiring.channels.fresh(o.shape().dim(1));
            wiring.channels.pin(channels, why);
            wiring.axes.put(o.result(), new Axis(1, channels));
        }
    }
}
