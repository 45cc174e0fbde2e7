package espalier.sparsity.surgery;

import java.util.Locale;

/**
 * What a network costs.
 *
 * @param parameters how many numbers are trained, those of parametrizations not counted
 * @param macs multiply-adds for the example input
 */
public record Size(long parameters, long macs) {
    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%,d parameters, %,d MACs", parameters, macs);
    }
}
