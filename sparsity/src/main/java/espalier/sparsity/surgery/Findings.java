package espalier.sparsity.surgery;

import espalier.sparsity.graph.Operand.Stored;
import espalier.sparsity.graph.Operation;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The channels that can leave without a change of the network's output, why, and what must then be added to which bias;
 * and those that are constant and still have to stay.
 */
final class Findings {
    private final Wiring wiring;
    private final StoredValues values;
    private final Constants constants;
    private final Needs needs;
    private final Map<Integer, String> dead = new TreeMap<>();
    private final Map<Integer, String> kept = new TreeMap<>();
    private final Map<Integer, String> folded = new TreeMap<>();
    private final Set<Integer> read = new LinkedHashSet<>();

    /** @param gone channels that leave in any case: what only they need, nobody needs */
    Findings(Wiring wiring, StoredValues values, Constants constants, Set<Integer> gone) {
        this.wiring = wiring;
        this.values = values;
        this.constants = constants;
        this.needs = Needs.of(wiring, values, gone);
        wiring.mixers.values().forEach(this::judge);
        Map<Integer, String> pinned = wiring.channels.pinned();
        for (int[] channels : wiring.sites.values()) {
            for (int channel : channels) {
                if (pinned.containsKey(channel) || kept.containsKey(channel)) {
                    continue;
                }
                String why = folded.getOrDefault(
                        channel, read.contains(channel) ? "zero for every input" : "nothing needs it");
                dead.put(channel, why);
            }
        }
        kept.values().removeIf(String::isEmpty); // alive, not worth a word
        kept.keySet().removeIf(pinned::containsKey);
    }

    /** Why each channel may leave, by number. */
    Map<Integer, String> dead() {
        return dead;
    }

    /** Why a channel stays that is a constant. */
    Map<Integer, String> kept() {
        return kept;
    }

    /** What is to be added to biases and running means, by path, when these channels leave. */
    Map<String, double[]> folds(Set<Integer> leaving) {
        Map<String, double[]> folds = new LinkedHashMap<>();
        wiring.mixers.values().forEach(mixer -> fold(mixer, leaving, folds));
        return folds;
    }

    /** Looks at every channel that a weight reads: it stays if it varies, or is a constant that has nowhere to go. */
    private void judge(Mixer mixer) {
        int[] in = wiring.axis(mixer.data()).orElseThrow().channels();
        int[] out = wiring.axis(mixer.operation().result()).orElseThrow().channels();
        double[] k = constants.at(mixer.data());
        boolean[] needed = needs.at(mixer.operation().result());
        float[] w = values.floats(mixer.weight());
        Optional<String> obstacle = obstacle(mixer);
        for (int c = 0; c < in.length; c++) {
            if (!isRead(mixer, w, c, in, out, needed)) {
                continue;
            }
            read.add(in[c]);
            if (Double.isNaN(k[c])) {
                kept.put(in[c], "");
            } else if (k[c] != 0 && obstacle.isPresent()) {
                kept.putIfAbsent(in[c], "the constant " + (float) k[c] + ", and " + obstacle.get());
            } else if (k[c] != 0) {
                folded.put(
                        in[c],
                        "a constant, folded into " + target(mixer).orElseThrow().path());
            }
        }
    }

    /** Whether any needed output channel besides its own depends on an input channel. */
    private static boolean isRead(Mixer mixer, float[] w, int c, int[] in, int[] out, boolean[] needed) {
        int outEach = mixer.outputs() / mixer.groups();
        int first = c / (mixer.inputs() / mixer.groups()) * outEach;
        for (int o = first; o < first + outEach; o++) {
            if (needed[o] && out[o] != in[c] && !mixer.isZero(w, o, c)) {
                return true;
            }
        }
        return false;
    }

    private Optional<String> obstacle(Mixer mixer) {
        if (!mixer.everywhereSame()) {
            return Optional.of(mixer.operation().where() + " pads with zeros, so at the border it reads 0 instead");
        }
        return target(mixer).isPresent()
                ? Optional.empty()
                : Optional.of(mixer.operation().where() + " has neither a bias nor a batch norm of its own behind it");
    }

    /** Where a constant goes: the bias, or the running mean of the batch norm that alone reads the result. */
    private Optional<Site> target(Mixer mixer) {
        if (mixer.bias().isPresent()) {
            return mixer.bias().map(path -> new Site(path, 0));
        }
        List<Operation> readers = wiring.network.consumers(mixer.operation());
        return readers.size() == 1
                        && readers.getFirst().name().equals("batchNormInference")
                        && readers.getFirst().operands().get(3) instanceof Stored mean
                ? Optional.of(new Site(mean.path(), 0))
                : Optional.empty();
    }

    private void fold(Mixer mixer, Set<Integer> leaving, Map<String, double[]> folds) {
        int[] in = wiring.axis(mixer.data()).orElseThrow().channels();
        double[] k = constants.at(mixer.data());
        float[] w = values.floats(mixer.weight());
        for (int c = 0; c < in.length; c++) {
            boolean constant = !Double.isNaN(k[c]); // if not, nobody needs what is read here
            if (constant
                    && folded.containsKey(in[c])
                    && leaving.contains(in[c])
                    && target(mixer).isPresent()) {
                Site site = target(mixer).get();
                double[] sums = folds.computeIfAbsent(site.path(), path -> new double[mixer.outputs()]);
                double sign = mixer.bias().isPresent() ? 1 : -1; // y − (mean − δ) = (y + δ) − mean
                for (int o = 0; o < sums.length; o++) {
                    sums[o] += sign * k[c] * mixer.sum(w, o, c);
                }
            }
        }
    }
}
