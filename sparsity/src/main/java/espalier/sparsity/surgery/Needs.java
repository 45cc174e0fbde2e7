package espalier.sparsity.surgery;

import espalier.sparsity.graph.Network;
import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operand.Stored;
import espalier.sparsity.graph.Operation;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which channels the output of the network depends on: found by walking from the output back. What is read by weights
 * of zero only, or by a batch norm of scale zero, is not needed, whatever its value; nor is what only channels read
 * that are going to leave.
 */
final class Needs {
    private final Wiring wiring;
    private final StoredValues values;
    private final Set<Integer> gone;
    private final Map<Operand, boolean[]> needed = new HashMap<>();

    private Needs(Wiring wiring, StoredValues values, Set<Integer> gone) {
        this.wiring = wiring;
        this.values = values;
        this.gone = gone;
    }

    /** @param gone channels that leave in any case */
    static Needs of(Wiring wiring, StoredValues values, Set<Integer> gone) {
        Needs needs = new Needs(wiring, values, gone);
        Network network = wiring.network;
        wiring.barriers.stream()
                .filter(operand -> !(operand instanceof Operand.Input)) // where the walk ends
                .forEach(operand -> Arrays.fill(needs.at(operand), true));
        List<Operation> operations = network.operations();
        operations.reversed().forEach(needs::handBack);
        return needs;
    }

    /** For each channel whether it is needed. */
    boolean[] at(Operand operand) {
        return needed.computeIfAbsent(
                operand,
                o -> new boolean
                        [wiring.axis(o).map(axis -> axis.channels().length).orElse(0)]);
    }

    private void handBack(Operation o) {
        boolean[] out = at(o.result());
        wiring.axis(o.result()).ifPresent(axis -> dropGone(axis.channels(), out));
        Mixer mixer = wiring.mixers.get(o);
        if (mixer != null) {
            mixed(mixer, out);
        }
        float[] scale = o.name().equals("batchNormInference") && o.operands().get(1) instanceof Stored stored
                ? values.floats(stored.path())
                : new float[0];
        for (Flow flow : wiring.into(o)) {
            boolean[] in = at(flow.from());
            for (int i = 0; i < out.length; i++) {
                boolean passes = flow.source()[i] >= 0 && (scale.length == 0 || scale[i] != 0);
                if (passes && out[i]) {
                    in[flow.source()[i]] = true;
                }
            }
        }
    }

    private void dropGone(int[] channels, boolean[] out) {
        for (int i = 0; i < out.length; i++) {
            out[i] &= !gone.contains(channels[i]);
        }
    }

    private void mixed(Mixer mixer, boolean[] out) {
        boolean[] in = at(mixer.data());
        float[] w = values.floats(mixer.weight());
        int inEach = mixer.inputs() / mixer.groups();
        int outEach = mixer.outputs() / mixer.groups();
        for (int o = 0; o < out.length; o++) {
            int first = o / outEach * inEach;
            for (int c = first; out[o] && c < first + inEach; c++) {
                in[c] |= !mixer.isZero(w, o, c);
            }
        }
    }
}
