package espalier.sparsity.surgery;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a network must keep to stay one: at least one channel everywhere, and equally many in every group of a grouped
 * convolution. Channels that would break this are taken back, those of the highest index first, but none of those that
 * were found to be in balance before.
 */
final class Balance {
    private final Wiring wiring;
    private final Set<Integer> gone;
    private final Set<Integer> leaving;
    private final Map<Integer, String> takenBack = new TreeMap<>();

    private Balance(Wiring wiring, Set<Integer> chosen, Set<Integer> gone) {
        this.wiring = wiring;
        this.gone = gone;
        this.leaving = new TreeSet<>(chosen);
    }

    /** @param gone some of those chosen, which by themselves leave a balanced network */
    static Balance of(Wiring wiring, Set<Integer> chosen, Set<Integer> gone) {
        Balance balance = new Balance(wiring, chosen, gone);
        int before;
        do {
            before = balance.leaving.size();
            balance.turn();
        } while (balance.leaving.size() < before);
        return balance;
    }

    /** What may leave. */
    Set<Integer> leaving() {
        return leaving;
    }

    /** Why the others of those chosen have to stay. */
    Map<Integer, String> takenBack() {
        return takenBack;
    }

    private void turn() {
        wiring.sites.forEach((site, channels) -> keepOne(channels, "the last channel of " + site.path()));
        for (Mixer mixer : wiring.mixers.values()) {
            if (mixer.isGrouped()) {
                String why = "the " + mixer.groups() + " groups of "
                        + mixer.operation().where() + " must stay equal";
                even(mixer.groups(), wiring.axis(mixer.data()).orElseThrow().channels(), why);
                even(
                        mixer.groups(),
                        wiring.axis(mixer.operation().result()).orElseThrow().channels(),
                        why);
            }
        }
    }

    private void keepOne(int[] channels, String why) {
        for (int channel : channels) {
            if (!leaving.contains(channel)) {
                return;
            }
        }
        Arrays.stream(channels)
                .filter(channel -> !gone.contains(channel))
                .findFirst()
                .ifPresent(channel -> takeBack(channel, why));
    }

    private void even(int groups, int[] channels, String why) {
        int each = channels.length / groups;
        int fewest = each - 1; // one must stay
        List<List<Integer>> losses = new ArrayList<>();
        for (int g = 0; g < groups; g++) {
            List<Integer> loss = new ArrayList<>();
            for (int i = g * each; i < (g + 1) * each; i++) {
                if (leaving.contains(channels[i])) {
                    loss.add(channels[i]);
                }
            }
            loss.sort(Comparator.comparing(channel -> !gone.contains(channel)));
            losses.add(loss);
            fewest = Math.min(fewest, loss.size());
        }
        for (List<Integer> loss : losses) {
            for (int channel : loss.subList(fewest, loss.size())) {
                takeBack(channel, why);
            }
        }
    }

    private void takeBack(int channel, String why) {
        leaving.remove(channel);
        takenBack.put(channel, why);
    }
}
