package espalier.examples.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.DoubleStream;

/**
 * A scale between two round numbers.
 *
 * @param low at the axis' beginning
 * @param high at its end
 * @param step from one labelled value to the next; not used by a logarithmic axis, which labels powers of ten
 * @param logarithmic whether equal distances are equal factors
 */
record Axis(double low, double high, double step, boolean logarithmic) {
    /**
     * Over all finite values, in steps of 1, 2 or 5 times a power of ten, four to ten of them; from 0 to 1 if there are
     * none.
     */
    static Axis linear(DoubleStream values) {
        double[] limits = limits(values);
        return limits[0] > limits[1] ? between(0, 1) : between(limits[0], limits[1]);
    }

    /** The same for numbers of epochs and the like: no step is below 1. */
    static Axis counting(DoubleStream values) {
        Axis axis = linear(values);
        return axis.step >= 1 ? axis : new Axis(Math.floor(axis.low), Math.ceil(axis.high), 1, false);
    }

    /** Over all values above 0, from a power of ten to another; 1 to 10 if there are none. */
    static Axis logarithmic(DoubleStream values) {
        double[] limits = limits(values.filter(value -> value > 0));
        if (limits[0] > limits[1]) {
            return new Axis(1, 10, 1, true);
        }
        double low = Math.pow(10, Math.floor(Math.log10(limits[0]) + 1e-9));
        double high = Math.pow(10, Math.ceil(Math.log10(limits[1]) - 1e-9));
        return new Axis(low, high > low ? high : 10 * low, 1, true);
    }

    private static double[] limits(DoubleStream values) {
        double[] limits = {Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY};
        values.filter(Double::isFinite).forEach(value -> {
            limits[0] = Math.min(limits[0], value);
            limits[1] = Math.max(limits[1], value);
        });
        return limits;
    }

    private static Axis between(double low, double high) {
        double span = high > low ? high - low : Math.max(1e-9, Math.abs(high));
        double power = Math.pow(10, Math.floor(Math.log10(span / 4)));
        double unit = span / 4 / power;
        double step = power * (unit >= 5 ? 5 : unit >= 2 ? 2 : 1);
        return new Axis(
                Math.floor(low / step + 1e-9) * step, Math.ceil((low + span) / step - 1e-9) * step, step, false);
    }

    /** The labelled values, rising. */
    List<Double> ticks() {
        List<Double> ticks = new ArrayList<>();
        if (logarithmic) {
            for (double tick = low; tick <= high * (1 + 1e-9); tick *= 10) {
                ticks.add(tick);
            }
        } else {
            for (int i = 0; low + i * step <= high + 1e-9 * step; i++) {
                ticks.add(low + i * step);
            }
        }
        return ticks;
    }

    /** How far along the axis a value is, 0 to 1. */
    double part(double value) {
        return logarithmic ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
    }

    /** A labelled value in writing. */
    String label(double tick) {
        if (logarithmic) {
            int decimals = Math.clamp(Math.round(-Math.log10(tick)), 0, 9);
            return String.format(Locale.ROOT, "%,." + decimals + "f", tick);
        }
        int decimals = (int) Math.clamp(Math.ceil(-Math.log10(step) - 1e-9), 0, 8);
        return String.format(Locale.ROOT, "%." + decimals + "f", Math.abs(tick) < step / 2 ? 0 : tick);
    }
}
