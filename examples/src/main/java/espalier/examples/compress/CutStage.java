package espalier.examples.compress;

import espalier.sparsity.surgery.Plan;
import java.util.Locale;
import java.util.Map;

/**
 * Cuts out what the stages before have made zero, so that those behind train the small network, which is faster too.
 * The batch norm of a removed filter goes with it: its shift would else be a constant that has to stay.
 */
final class CutStage implements Stage {
    @Override
    public void run(Workpiece piece) {
        int before = piece.cuts().size();
        int silenced = piece.surgeon().silence();
        piece.cut();
        int channels =
                piece.cuts().stream().skip(before).mapToInt(Plan::channels).sum();
        piece.tell(
                "cut",
                Map.of("channels", channels, "silenced", silenced),
                channels == 0
                        ? "nothing is dead, so nothing was cut"
                        : String.format(
                                Locale.ROOT,
                                "cut out %,d channels: %s",
                                channels,
                                piece.cuts().getLast().after()));
    }
}
