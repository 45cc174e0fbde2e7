package espalier.examples.bench;

/**
 * One thing to time.
 *
 * @param name such as {@code sgemm-512}; tools compare results by it, so it does not change
 * @param implementation whose code runs: {@code espalier}, or {@code java} for the machine's own peak in plain Java
 * @param unit how the time is told
 * @param work operations or bytes of one run, for the units that are rates
 * @param setup makes the inputs, untimed, and returns what is timed
 */
record Workload(String name, String implementation, Unit unit, double work, Setup setup) {
    /** Prepares a workload for a number of threads. */
    @FunctionalInterface
    interface Setup {
        /** Makes the inputs and returns one run. */
        Runnable prepare(Threads threads);
    }

    /** A rate of our own code. */
    static Workload rate(String name, Unit unit, double work, Setup setup) {
        return new Workload(name, "espalier", unit, work, setup);
    }

    /** A time of our own code. */
    static Workload time(String name, Unit unit, Setup setup) {
        return new Workload(name, "espalier", unit, 0, setup);
    }
}
