package espalier.gpu.opencl;

import java.util.concurrent.CompletableFuture;
import java.util.function.IntSupplier;

/**
 * Calls a driver where its compiler has room. A driver may compile in the thread that calls it, and a compiler recurses
 * as deep as its program is nested: deeper than the stack of most threads here (1 MiB). Where such a stack ends in
 * native code, the process dies without a word. Afterwards {@link SignalHandlers} are put back.
 */
final class DeepStack {
    private static final long BYTES = 64L << 20; // reserved; only what is touched is used

    private DeepStack() {}

    /** The status that a call returns. */
    static int call(IntSupplier driver) {
        return CompletableFuture.supplyAsync(
                        () -> SignalHandlers.keep(driver),
                        task -> new Thread(null, task, "espalier-compile", BYTES).start())
                .join();
    }
}
