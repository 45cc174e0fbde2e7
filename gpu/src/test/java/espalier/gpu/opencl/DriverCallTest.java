package espalier.gpu.opencl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.junit.jupiter.api.Test;

/** What a driver's compiler finds when it is called, and what it leaves. */
class DriverCallTest {
    private static final int URGENT = 23; // a signal of Linux that Java does not use
    private static final long DEFAULT = 0;
    private static final long IGNORED = 1;

    private static int depth(int levels) {
        return levels == 0 ? 0 : 1 + depth(levels - 1);
    }

    @Test
    void aCompilerMayRecurseDeeply() {
        assertEquals(200_000, DeepStack.call(() -> depth(200_000)));
    }

    /** {@code signal} sets a handler and tells the one before. */
    @SuppressWarnings("restricted")
    private static long signal(long handler) {
        MethodHandle signal = Linker.nativeLinker()
                .downcallHandle(
                        Linker.nativeLinker().defaultLookup().findOrThrow("signal"),
                        FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG));
        try {
            return (long) signal.invokeExact(URGENT, handler);
        } catch (Throwable e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void handlersThatADriverReplacesArePutBack() {
        assumeTrue(System.getProperty("os.name", "").equals("Linux"), "signals are numbered so on Linux");
        assertEquals(DEFAULT, signal(DEFAULT));
        int status = SignalHandlers.keep(() -> {
            signal(IGNORED);
            return 7;
        });
        assertEquals(7, status);
        assertEquals(DEFAULT, signal(DEFAULT), "not the driver's");
    }
}
