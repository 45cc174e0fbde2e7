package espalier.nn.optim;

import java.util.Arrays;

/**
 * How the learning rate changes during training: a factor by which the optimizer's rates are multiplied, as a function
 * of the step.
 *
 * <pre>{@code
 * Schedule schedule = Schedule.cosine(10_000).after(Schedule.linear(0, 1, 500), 500);   // warm up, then cosine
 * optimizer.step(schedule.at(step));
 * }</pre>
 */
@FunctionalInterface
public interface Schedule {
    /** The factor for a step, counted from 0. */
    double at(long step);

    /** Always 1. */
    static Schedule constant() {
        return step -> 1;
    }

    /** Multiplied by {@code factor} every {@code period} steps. */
    static Schedule step(long period, double factor) {
        requirePositive("step", period);
        return step -> Math.pow(factor, step / period);
    }

    /** Multiplied by {@code factor} at each of these steps. */
    static Schedule multiStep(double factor, long... milestones) {
        long[] at = milestones.clone();
        return step -> Math.pow(
                factor, Arrays.stream(at).filter(milestone -> step >= milestone).count());
    }

    /** Half a cosine from 1 at step 0 to 0 at {@code steps} (Loshchilov and Hutter 2017, equation 5). */
    static Schedule cosine(long steps) {
        requirePositive("cosine", steps);
        return step -> 0.5 * (1 + Math.cos(Math.PI * Math.min(step, steps) / steps));
    }

    /** A straight line from {@code from} at step 0 to {@code to} at {@code steps}, and {@code to} from then on. */
    static Schedule linear(double from, double to, long steps) {
        requirePositive("linear", steps);
        return step -> from + (to - from) * Math.min(step, steps) / steps;
    }

    /**
     * One cycle (Smith and Topin 2018): a line from 1/25 up to 1 over the first 30 % of the steps, then half a cosine
     * down to 1/10,000.
     */
    static Schedule oneCycle(long steps) {
        requirePositive("oneCycle", steps);
        long up = Math.max(1, Math.round(0.3 * steps));
        Schedule down =
                step -> 1e-4 + (1 - 1e-4) * cosine(Math.max(1, steps - up)).at(step);
        return down.after(linear(1.0 / 25, 1, up), up);
    }

    /** Another schedule for the first {@code steps} steps, then this one from its own step 0. */
    default Schedule after(Schedule first, long steps) {
        return step -> step < steps ? first.at(step) : at(step - steps);
    }

    /** The product of two schedules. */
    default Schedule times(Schedule other) {
        return step -> at(step) * other.at(step);
    }

    private static void requirePositive(String name, long steps) {
        if (steps < 1) {
            throw new IllegalArgumentException(name + ": needs at least one step, not " + steps);
        }
    }
}
