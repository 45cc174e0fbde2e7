package espalier.sparsity.admm;

import java.util.Locale;

/**
 * How far one weight was from its set at the end of a round: what to plot to see whether ADMM converges.
 *
 * @param round from 1
 * @param path the weight
 * @param rho the pull in this round
 * @param primal {@code ‖W − Z‖/‖W‖} with the new Z: how far the weight is from being a member
 * @param dual {@code ‖Z − Z_before‖/‖Z‖}: how much the member it is pulled to has moved
 */
public record Residual(int round, String path, double rho, double primal, double dual) {
    /** The names of {@link #csv}'s columns. */
    public static final String CSV_HEADER = "round,weight,rho,primal,dual";

    /** One line without its end. */
    public String csv() {
        return String.format(Locale.ROOT, "%d,%s,%.6g,%.6g,%.6g", round, path, rho, primal, dual);
    }
}
