package espalier.gpu.opencl;

/** How many launches a queue saw. */
public final class Launches {
    private Launches() {}

    /** Since the last wait. */
    public static int since(CommandQueue queue) {
        return queue.pending();
    }

    /** Names of those since the last wait. */
    public static String names(CommandQueue queue) {
        return queue.pendingNames();
    }
}
