package espalier.examples.bench;

/** How a time is told: as a rate, which wants the work of one run, or as the time itself. */
enum Unit {
    /** Floating-point operations, two for a multiply-add, in billions a second. */
    GFLOPS("GFLOP/s"),
    /** Integer or bit operations, two for a multiply-add, in billions a second. */
    GOPS("GOP/s"),
    /** Bytes read and written, as the operation counts them, in billions a second. */
    GBS("GB/s"),
    /** Images a second; the work of a run is its images. */
    IMAGES("img/s"),
    /** Milliseconds a run. */
    MILLISECONDS("ms"),
    /** Microseconds a run. */
    MICROSECONDS("us");

    private final String symbol;

    Unit(String symbol) {
        this.symbol = symbol;
    }

    String symbol() {
        return symbol;
    }

    /** What a run of so much work in so many seconds comes to. */
    double of(double work, double seconds) {
        return switch (this) {
            case GFLOPS, GOPS, GBS -> work / seconds * 1e-9;
            case IMAGES -> work / seconds;
            case MILLISECONDS -> seconds * 1e3;
            case MICROSECONDS -> seconds * 1e6;
        };
    }

    /** How many times faster a second measurement is than a first. */
    double speedup(double first, double second) {
        return switch (this) {
            case GFLOPS, GOPS, GBS, IMAGES -> second / first;
            case MILLISECONDS, MICROSECONDS -> first / second;
        };
    }
}
