package espalier.sparsity.admm;

/**
 * How strongly weights are pulled towards their sets: ρ, and how it changes after each round.
 *
 * <p>A weak pull oscillates between members of a set that is not convex; a strong one keeps the first member it finds.
 * So ρ begins small and grows. U is the dual over ρ, so that when ρ is multiplied, U is divided, and the dual itself
 * stays.
 *
 * @param rho the first ρ, above 0
 * @param rule how it changes
 * @param factor what it is multiplied by (or divided, by {@link Rule#ADAPTIVE}), at least 1
 * @param limit the largest ρ
 * @param dualKept whether U is divided by what ρ is multiplied by; public code omits it
 */
public record Pull(double rho, Rule rule, double factor, double limit, boolean dualKept) {
    /** How ρ changes. */
    public enum Rule {
        /** Multiplied by the factor after each round. */
        GROWING,
        /**
         * Multiplied while W is far from Z compared with how far Z moved, {@code ‖W−Z‖² ≥ 0.1·‖Z−Z_before‖²}, and
         * divided otherwise.
         */
        ADAPTIVE
    }

    private static final double FAR = 0.1;

    /** Checks the ranges. */
    public Pull {
        if (!(rho > 0) || !(factor >= 1) || !(limit >= rho) || !Double.isFinite(limit)) {
            throw new IllegalArgumentException(
                    "admm: rho " + rho + ", factor " + factor + " and limit " + limit + " make no pull");
        }
    }

    /** From ρ, doubled each round, up to 10. */
    public static Pull doubling(double rho) {
        return growing(rho, 2, Math.max(10, rho));
    }

    /** From ρ, multiplied each round, up to a limit. */
    public static Pull growing(double rho, double factor, double limit) {
        return new Pull(rho, Rule.GROWING, factor, limit, true);
    }

    /** The same ρ always. */
    public static Pull constant(double rho) {
        return growing(rho, 1, rho);
    }

    /** From ρ, times or over 1.2, up to a limit. */
    public static Pull adaptive(double rho, double limit) {
        return new Pull(rho, Rule.ADAPTIVE, 1.2, limit, true);
    }

    /** As public code does it: U stays what it is when ρ changes. */
    public Pull withoutRescaling() {
        return new Pull(rho, rule, factor, limit, false);
    }

    /** The ρ of the next round. */
    double next(double now, double gapSquared, double moveSquared) {
        boolean stronger = switch (rule) {
            case GROWING -> true;
            case ADAPTIVE -> gapSquared >= FAR * moveSquared;
        };
        return Math.min(limit, stronger ? now * factor : now / factor);
    }
}
