package espalier.examples.train;

import espalier.nn.optim.Schedule;

/** The learning-rate schedules that {@code --schedule} knows. */
public enum ScheduleOption {
    /** The same rate throughout. */
    CONSTANT,
    /** A tenth at half and again at three quarters of the epochs. */
    STEP,
    /** Half a cosine down to 0. */
    COSINE,
    /** Up to the rate over the first 30 %, then down by a cosine. */
    ONECYCLE,
    /** A line up over the first twentieth, then half a cosine down to 0. */
    WARMUP_COSINE;

    /** The schedule for a run of this many steps. */
    public Schedule over(long steps) {
        long warm = Math.max(1, steps / 20);
        return switch (this) {
            case CONSTANT -> Schedule.constant();
            case STEP -> Schedule.multiStep(0.1, steps / 2, steps * 3 / 4);
            case COSINE -> Schedule.cosine(Math.max(1, steps));
            case ONECYCLE -> Schedule.oneCycle(Math.max(2, steps));
            case WARMUP_COSINE -> Schedule.cosine(Math.max(1, steps - warm)).after(Schedule.linear(0, 1, warm), warm);
        };
    }
}
