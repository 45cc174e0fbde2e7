package espalier.sparsity.prune;

import espalier.sparsity.Prunable;
import espalier.sparsity.TopK;
import espalier.tensor.Shaping;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One ranking of all units of a network. The first {@code floor} of each layer come first, so that the number kept is
 * exact and no layer runs dry.
 */
final class GlobalRanking {
    private GlobalRanking() {}

    static int[] keeps(List<Prunable> layers, double density, int floor) {
        List<Tensor> scores = layers.stream().map(Prunable::comparableScores).toList();
        int[] floors = new int[scores.size()];
        Arrays.fill(floors, floor);
        return keeps(scores, density, floors);
    }

    static int[] keeps(List<Tensor> scores, double density, int[] floors) {
        List<Tensor> ranked = new ArrayList<>();
        int total = 0;
        int least = 0;
        for (Tensor layer : scores) {
            int safe = Math.min(floors[ranked.size()], layer.size());
            ranked.add(layer.maskedFill(TopK.mask(layer, safe), Double.POSITIVE_INFINITY)
                    .reshape(-1));
            total += layer.size();
            least += safe;
        }
        int keep = Math.clamp(Math.round(density * total), least, total);
        int[] kept = TopK.mask(Shaping.concat(0, ranked), keep).toInts();
        int[] keeps = new int[scores.size()];
        int at = 0;
        for (int i = 0; i < keeps.length; i++) {
            for (int end = at + ranked.get(i).size(); at < end; at++) {
                keeps[i] += kept[at];
            }
        }
        return keeps;
    }
}
