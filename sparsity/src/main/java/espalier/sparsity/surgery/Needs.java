package espalier.sparsity.surgery;

import espalier.sparsity.graph.Network;
import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operand.Stored;
import espalier.sparsity.graph.Operation;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which channels the output of the network depends on: found by walking from the output back. What is read by weights of
 * zero only, or by a batch norm of scale zero, is not needed, whatever its value.
 */
final class Needs {
    private final Wiring wiring;
    private final StoredValues values;
    private final Map<Operand, boolean[]> needed = new HashMap<>();

    private Needs(Wiring wiring, StoredValues values) {
        this.wiring = wiring;
        this.values = values;
    }

    static Needs of(Wiring wiring, StoredValues values) {
        Needs needs = new Needs(wiring, values);
        Network network = wiring.network;
        wiring.barriers.forEach(operand -> Arrays.fill(needs.at(operand), true));
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
