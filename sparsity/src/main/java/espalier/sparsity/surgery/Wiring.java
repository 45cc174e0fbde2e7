package espalier.sparsity.surgery;

import espalier.nn.layer.ShortcutA;
import espalier.sparsity.graph.Network;
import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The channel dependency graph of a network: for every axis of channels, in results and in what is stored, which
 * channel each index is; and how operations carry channels on.
 *
 * <p>An operation either lets channels pass, each for itself ({@link Flow}), or mixes them by a weight ({@link Mixer}),
 * or is a barrier, which needs all of what it reads as it is.
 */
final class Wiring {
    /** The axis of a result along which its channels lie, and which channels they are. */
    record Axis(int axis, int[] channels) {}

    /** Channels of zeros that a parameter-free shortcut puts before and after those it is given. */
    record Padding(Operation operation, ShortcutA shortcut, int[] before, int[] inside, int[] after) {}

    final Network network;
    final Channels channels = new Channels();
    final Map<Operand, Axis> axes = new LinkedHashMap<>();
    final Map<Site, int[]> sites = new LinkedHashMap<>();
    final List<Flow> flows = new ArrayList<>();
    final Map<Operation, Mixer> mixers = new LinkedHashMap<>();
    final List<Padding> paddings = new ArrayList<>();
    final Set<Operand> barriers = new LinkedHashSet<>();
    private final Map<String, String> untouchable = new LinkedHashMap<>();

    Wiring(Network network) {
        this.network = network;
    }

    Optional<Axis> axis(Operand operand) {
        return Optional.ofNullable(axes.get(operand));
    }

    /** Declares an axis of something stored to be these channels, as well as those it was declared to be before. */
    void site(String path, int axis, int[] these) {
        int[] before = sites.putIfAbsent(new Site(path, axis), these);
        if (before != null) {
            channels.join(before, these);
        }
    }

    /** Says that nothing may be cut of a stored tensor. */
    void forbid(String path, String why) {
        untouchable.putIfAbsent(path, why);
    }

    /** What an operation reads must stay whole and is needed whole. */
    void barrier(Operand operand, String why) {
        barriers.add(operand);
        axis(operand).ifPresent(axis -> channels.pin(axis.channels(), why));
    }

    /** The flows into an operation. */
    List<Flow> into(Operation operation) {
        return flows.stream().filter(flow -> flow.operation().equals(operation)).toList();
    }

    /** To be called when all operations are wired: every channel becomes its leader. */
    void finish() {
        sites.forEach((site, these) -> {
            String why = untouchable.get(site.path());
            if (why != null) {
                channels.pin(these, why);
            }
        });
        sites.replaceAll((site, these) -> channels.resolved(these));
        axes.replaceAll((operand, axis) -> new Axis(axis.axis(), channels.resolved(axis.channels())));
        paddings.replaceAll(p -> new Padding(
                p.operation(),
                p.shortcut(),
                channels.resolved(p.before()),
                channels.resolved(p.inside()),
                channels.resolved(p.after())));
    }
}
