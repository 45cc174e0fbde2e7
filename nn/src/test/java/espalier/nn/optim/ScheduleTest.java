package espalier.nn.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** Schedules at the points where their value is known. */
class ScheduleTest {
    private static void check(Schedule schedule, double... stepsAndFactors) {
        for (int i = 0; i < stepsAndFactors.length; i += 2) {
            long step = (long) stepsAndFactors[i];
            assertEquals(stepsAndFactors[i + 1], schedule.at(step), 1e-12, "at step " + step);
        }
    }

    @Test
    void each() {
        check(Schedule.constant(), 0, 1, 1e9, 1);
        check(Schedule.step(10, 0.5), 0, 1, 9, 1, 10, 0.5, 19, 0.5, 20, 0.25, 100, Math.pow(0.5, 10));
        check(Schedule.multiStep(0.1, 80, 120), 0, 1, 79, 1, 80, 0.1, 119, 0.1, 120, 0.01, 500, 0.01);
        check(Schedule.cosine(100), 0, 1, 25, 0.5 + Math.sqrt(0.125), 50, 0.5, 100, 0, 200, 0);
        check(Schedule.linear(0, 1, 4), 0, 0, 1, 0.25, 4, 1, 9, 1);
        check(Schedule.linear(2, 1, 4), 0, 2, 2, 1.5, 4, 1);
    }

    @Test
    void oneCycle() {
        // Up over 30 steps, then half a cosine over 70 down to 1/10,000.
        check(Schedule.oneCycle(100), 0, 0.04, 15, 0.52, 30, 1, 65, (1 + 1e-4) / 2, 100, 1e-4, 500, 1e-4);
        check(Schedule.oneCycle(1), 0, 0.04, 1, 1);
    }

    @Test
    void composed() {
        Schedule warm = Schedule.cosine(10).after(Schedule.linear(0, 1, 5), 5);
        check(warm, 0, 0, 4, 0.8, 5, 1, 10, 0.5, 15, 0);
        check(Schedule.step(10, 0.5).times(Schedule.linear(0, 1, 20)), 0, 0, 10, 0.25, 20, 0.25);
    }

    @Test
    void lengthsAreChecked() {
        var thrown = assertThrows(IllegalArgumentException.class, () -> Schedule.cosine(0));
        assertEquals("cosine: needs at least one step, not 0", thrown.getMessage());
        assertThrows(IllegalArgumentException.class, () -> Schedule.step(0, 0.1));
        assertThrows(IllegalArgumentException.class, () -> Schedule.linear(0, 1, -1));
        assertThrows(IllegalArgumentException.class, () -> Schedule.oneCycle(0));
    }
}
