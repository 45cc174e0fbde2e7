package espalier.sparsity.quant;

import java.util.Arrays;

/**
 * How the scale of {@link Levels} is found, given the elements to be rounded to {@code scale·q}.
 *
 * <p>Only magnitudes matter, because the levels lie symmetrically.
 */
public enum ScaleSearch {
    /**
     * By turns: the integers for a scale, then the scale for those integers, a least-squares fit {@code Σv·q / Σq²}
     * (Ren et al. 2019, section 4.2). The error never grows; the end may be a local optimum.
     */
    ALTERNATING {
        @Override
        double scale(double[] magnitudes, Levels levels) {
            double scale = start(magnitudes, levels);
            for (int turn = 0; turn < TURNS; turn++) {
                double next = fit(magnitudes, levels, scale);
                if (next == scale) {
                    return scale;
                }
                scale = next;
            }
            return scale;
        }

        private double start(double[] magnitudes, Levels levels) {
            double sum = 0;
            int n = 0;
            for (double m : magnitudes) {
                sum += m;
                n += m != 0 ? 1 : 0;
            }
            double mean = n == 0 ? 1 : sum / n;
            return levels.largest() == 1 ? mean : mean / (levels.largest() / 2.0);
        }

        private double fit(double[] magnitudes, Levels levels, double scale) {
            double along = 0;
            double squares = 0;
            for (double m : magnitudes) {
                int q = levels.size(m / scale);
                along += m * q;
                squares += (double) q * q;
            }
            return squares == 0 || along == 0 ? scale : along / squares;
        }
    },

    /**
     * 201 scales from 0.9 to 1.1 times {@code max|v| / largest}, the one of least squared error: what the authors'
     * released code does. It misses the optimum of layers with heavy tails, whose largest weights are best clipped.
     */
    INTERVAL {
        @Override
        double scale(double[] magnitudes, Levels levels) {
            double base = Arrays.stream(magnitudes).max().orElse(0) / levels.largest();
            if (base == 0) {
                return 1;
            }
            double best = base;
            double least = Double.POSITIVE_INFINITY;
            for (int i = 0; i <= 200; i++) {
                double scale = base * (0.9 + 0.001 * i);
                double error = error(magnitudes, levels, scale);
                if (error < least) {
                    least = error;
                    best = scale;
                }
            }
            return best;
        }

        private double error(double[] magnitudes, Levels levels, double scale) {
            double sum = 0;
            for (double m : magnitudes) {
                double off = m - scale * levels.size(m / scale);
                sum += off * off;
            }
            return sum;
        }
    },

    /**
     * The global optimum. As the scale falls from infinity, each element's integer rises by one whenever the scale
     * passes {@code |v| / (q + ½)}; between two such events the best error is {@code Σv² − (Σ|v|·q)² / Σq²}. All events
     * are visited in order. For ternary levels this keeps the k largest with the largest {@code (Σ|v|)²/k}.
     *
     * <p>Sorts {@code n · largest} events: a second for a large layer with many levels, nothing for a pruned one.
     */
    EXACT {
        @Override
        double scale(double[] magnitudes, Levels levels) {
            int first = levels.withZero() ? 0 : 1;
            int rises = levels.largest() - first;
            double along = first == 0 ? 0 : Arrays.stream(magnitudes).sum();
            double squares = (double) first * magnitudes.length;
            Best best = new Best(along, squares);
            for (long event : events(magnitudes, first, rises)) {
                int e = (int) event;
                along += magnitudes[e / rises];
                squares += 2.0 * (first + e % rises) + 1;
                best.see(along, squares);
            }
            return best.scale;
        }

        /**
         * Every rise of every element, those at large scales first: the scale's bits negated, then the event's number.
         */
        private long[] events(double[] magnitudes, int first, int rises) {
            long[] events = new long[Math.multiplyExact(magnitudes.length, rises)];
            for (int e = 0; e < events.length; e++) {
                float at = (float) (magnitudes[e / rises] / (first + e % rises + 0.5));
                events[e] = (long) -Float.floatToIntBits(at) << Integer.SIZE | e;
            }
            Arrays.sort(events);
            return events;
        }
    };

    private static final int TURNS = 20;

    /** The scale for these magnitudes; positive, and 1 if it does not matter. */
    abstract double scale(double[] magnitudes, Levels levels);

    /** The state of largest projection so far. */
    private static final class Best {
        private double gain;
        private double scale = 1;

        Best(double along, double squares) {
            see(along, squares);
        }

        void see(double along, double squares) {
            if (squares > 0 && along > 0 && along * along / squares > gain) {
                gain = along * along / squares;
                scale = along / squares;
            }
        }
    }
}
