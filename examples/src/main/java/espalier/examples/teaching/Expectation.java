package espalier.examples.teaching;

import java.io.PrintWriter;
import java.util.Locale;

/** What an example promises: printed beside what it found, and the exit status that follows. */
final class Expectation {
    private Expectation() {}

    /** 0 if {@code found} is at least {@code floor}, else 1. */
    static int atLeast(PrintWriter out, String what, double floor, double found) {
        boolean met = found >= floor;
        out.printf(Locale.ROOT, "%s: %.4f, expected at least %.4f: %s%n", what, found, floor, met ? "met" : "MISSED");
        return met ? 0 : 1;
    }

    /** 0 if {@code found} is at most {@code ceiling}, else 1. */
    static int atMost(PrintWriter out, String what, double ceiling, double found) {
        boolean met = found <= ceiling;
        out.printf(Locale.ROOT, "%s: %.2e, expected at most %.2e: %s%n", what, found, ceiling, met ? "met" : "MISSED");
        return met ? 0 : 1;
    }
}
