package espalier.gpu.opencl;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The names of the operations queued since the last wait, the latest few of them: an error that shows late is theirs.
 */
final class PendingWork {
    private static final int KEPT = 16;

    private final Deque<String> names = new ArrayDeque<>();
    private int count;

    void add(String operation) {
        count++;
        names.addLast(operation);
        if (names.size() > KEPT) {
            names.removeFirst();
        }
    }

    int count() {
        return count;
    }

    void clear() {
        names.clear();
        count = 0;
    }

    /** {@code conv2d, relu}, or {@code the last 16 of 40: …}. */
    @Override
    public String toString() {
        String listed = String.join(", ", names);
        return count > names.size() ? "the last " + names.size() + " of " + count + ": " + listed : listed;
    }
}
