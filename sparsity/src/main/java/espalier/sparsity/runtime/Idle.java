package espalier.sparsity.runtime;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** BatchCalls that wait for the next call, for any number of threads. Taking and giving back allocates nothing. */
final class Idle {
    /** Batch sizes whose workspaces are kept. */
    private static final int SIZES = 8;

    private final List<BatchCall> waiting = new ArrayList<>();

    /** The one that came last among those for a batch size; null if there is none. */
    synchronized @Nullable BatchCall take(int batch) {
        for (int i = waiting.size() - 1; i >= 0; i--) {
            if (waiting.get(i).batch() == batch) {
                return waiting.remove(i);
            }
        }
        return null;
    }

    /** If there are too many batch sizes, all others go: so many do not come again, and those that do are soon back. */
    synchronized void put(BatchCall call) {
        int sizes = 1;
        for (int i = 0; i < waiting.size(); i++) {
            sizes += first(waiting.get(i).batch()) == i && waiting.get(i).batch() != call.batch() ? 1 : 0;
        }
        if (sizes > SIZES) {
            waiting.clear();
        }
        waiting.add(call);
    }

    private int first(int batch) {
        int i = 0;
        while (waiting.get(i).batch() != batch) {
            i++;
        }
        return i;
    }
}
