package espalier.examples.compress;

import espalier.examples.compress.Contestant.Speed;
import espalier.examples.compress.Contestant.Structure;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a comparison comes to, in words that follow from the numbers alone: is pruning weights anywhere worth its index
 * and its slower kernels, or is it better to remove whole rows and columns?
 */
final class Verdict {
    /** Networks whose accuracies differ by more points than this are not compared. */
    static final double LIMIT = 0.3;

    /** Bits a weight that differ by less are the same quantization. */
    private static final double SAME_BITS = 0.5;

    /** Below this factor two numbers are called equal. */
    private static final double EQUAL = 1.05;

    private Verdict() {}

    /** A sentence or more for each pair of a non-structured and a structured network. */
    static List<String> of(List<Contestant> all) {
        List<String> sentences = new ArrayList<>();
        for (Contestant loose : all) {
            for (Contestant tidy : all) {
                if (loose.structure() == Structure.NON_STRUCTURED && tidy.structure() == Structure.STRUCTURED) {
                    sentences.add(pair(loose, tidy));
                }
            }
        }
        return sentences.isEmpty()
                ? List.of("Among these there is no pair of a non-structured and a structured network to be compared.")
                : List.copyOf(sentences);
    }

    private static String pair(Contestant loose, Contestant tidy) {
        double apart = Math.abs(loose.accuracy() - tidy.accuracy());
        if (apart > LIMIT + 1e-9) {
            return format(
                    "%s (non-structured, %.2f %%) and %s (structured, %.2f %%) are not compared: their accuracies are %.2f"
                            + " points apart, and more than %.1f would compare two different things.",
                    loose.name(), loose.accuracy(), tidy.name(), tidy.accuracy(), apart, LIMIT);
        }
        StringBuilder text = new StringBuilder(format(
                "At equal accuracy (%.2f and %.2f %%), %s has %.1fx fewer weights non-structured, %s %.1fx fewer structured.",
                loose.accuracy(), tidy.accuracy(), loose.name(), loose.rate(), tidy.name(), tidy.rate()));
        if (Math.abs(loose.bits() - tidy.bits()) >= SAME_BITS) {
            text.append(format(
                    " They are not quantized alike (%.1f and %.1f bits a weight), which the bytes below include.",
                    loose.bits(), tidy.bits()));
        }
        String storage = winner(tidy.bytes(), loose.bytes());
        text.append(format(
                " With index they take %,d bytes (%s) and %,d (%s): %s.",
                loose.bytes(),
                loose.scheme().label(),
                tidy.bytes(),
                tidy.scheme().label(),
                lead(storage, "smaller", tidy.bytes(), loose.bytes())));
        if (loose.speed().isEmpty() || tidy.speed().isEmpty()) {
            return text.append(format(" Storage: %s; times were not measured.", storage))
                    .toString();
        }
        Speed slow = loose.speed().get();
        Speed fast = tidy.speed().get();
        String time = winner(fast.milliseconds(), slow.milliseconds());
        text.append(format(
                " A batch of %d takes %.3f ms (%s, %.2fx faster than dense, PPR %.1f) and %.3f ms (%s, %.2fx, PPR %.1f): %s.",
                NetworkTimes.BATCHES.getLast(),
                slow.milliseconds(),
                slow.form().label(),
                slow.times(),
                loose.ratio(),
                fast.milliseconds(),
                fast.form().label(),
                fast.times(),
                tidy.ratio(),
                lead(time, "faster", fast.milliseconds(), slow.milliseconds())));
        return text.append(conclusion(storage, time)).toString();
    }

    private static String conclusion(String storage, String time) {
        if (storage.equals(time)) {
            return storage.equals("equal")
                    ? " On this machine the two are equal in storage and time."
                    : " On this machine " + storage + " pruning wins in storage and in time.";
        }
        return " On this machine: storage, " + storage + "; time, " + time + ".";
    }

    private static String winner(double tidy, double loose) {
        if (Math.max(tidy, loose) < EQUAL * Math.min(tidy, loose)) {
            return "equal";
        }
        return tidy < loose ? Structure.STRUCTURED.word() : Structure.NON_STRUCTURED.word();
    }

    private static String lead(String winner, String word, double tidy, double loose) {
        return winner.equals("equal")
                ? "as good as equal"
                : format("%s is %.2fx %s", winner, Math.max(tidy, loose) / Math.min(tidy, loose), word);
    }

    private static String format(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
