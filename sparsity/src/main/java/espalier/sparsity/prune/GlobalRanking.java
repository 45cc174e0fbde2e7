package espalier.sparsity.prune;

import espalier.sparsity.Prunable;
import espalier.sparsity.TopK;
import espalier.tensor.Shaping;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * One ranking of all units of a network. The first {@code floor} of each layer come first, so that the number kept is
 * exact and no layer runs dry.
 */
final class GlobalRanking {
    private GlobalRanking() {}

    static int[] keeps(List<Prunable> layers, double density, int floor) {
        List<Tensor> ranked = new ArrayList<>();
        int total = 0;
        int least = 0;
        for (Prunable layer : layers) {
            Tensor scores = layer.comparableScores();
            int safe = Math.min(floor, scores.size());
            ranked.add(scores.maskedFill(TopK.mask(scores, safe), Double.POSITIVE_INFINITY)
                    .reshape(-1));
            total += scores.size();
            least += safe;
        }
        int keep = Math.clamp(Math.round(density * total), least, total);
        int[] kept = TopK.mask(Shaping.concat(0, ranked), keep).toInts();
        int[] keeps = new int[layers.size()];
        int at = 0;
        for (int i = 0; i < keeps.length; i++) {
            for (int end = at + ranked.get(i).size(); at < end; at++) {
                keeps[i] += kept[at];
            }
        }
        return keeps;
    }
}
