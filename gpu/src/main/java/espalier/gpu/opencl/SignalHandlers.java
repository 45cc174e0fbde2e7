package espalier.gpu.opencl;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.function.IntSupplier;

/**
 * Puts Java's signal handlers back after a call of a driver. The JVM lives on signals: a null pointer in compiled code,
 * for one, is a segmentation fault that its handler turns into an exception. LLVM, which compiles in many drivers, puts
 * handlers of its own in their place; on such a fault they first delete the files that LLVM is writing, and the build
 * in another thread fails. LLVM does this once in a process, so putting Java's back ends it.
 *
 * <p>The call that brings LLVM's handlers is not covered: whoever calls a compiler has to ask a second time.
 */
final class SignalHandlers {
    private static final int LAST = 31; // the signals of POSIX
    private static final long ROOM = 256; // bytes; a struct sigaction has 152

    /** {@code int sigaction(int signal, const struct sigaction *new, struct sigaction *old)}, on Linux. */
    private static final Optional<MethodHandle> SIGACTION = find();

    private SignalHandlers() {}

    /**
     * The status that a call returns; afterwards handlers are what they were. One call at a time: they are the
     * process's.
     */
    static synchronized int keep(IntSupplier driver) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] before = new MemorySegment[LAST + 1];
            boolean[] known = new boolean[LAST + 1];
            for (int signal = 1; signal <= LAST; signal++) {
                before[signal] = arena.allocate(ROOM, 8);
                known[signal] = sigaction(signal, MemorySegment.NULL, before[signal]);
            }
            try {
                return driver.getAsInt();
            } finally {
                for (int signal = 1; signal <= LAST; signal++) {
                    if (known[signal]) {
                        sigaction(signal, before[signal], MemorySegment.NULL);
                    }
                }
            }
        }
    }

    @SuppressWarnings("restricted") // a wrong type would ruin the stack; this is the manual's
    private static Optional<MethodHandle> find() {
        if (!System.getProperty("os.name", "").equals("Linux")) {
            return Optional.empty();
        }
        try {
            Linker linker = Linker.nativeLinker();
            FunctionDescriptor type = FunctionDescriptor.of(
                    ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
            return linker.defaultLookup().find("sigaction").map(found -> linker.downcallHandle(found, type));
        } catch (IllegalCallerException forbidden) { // no --enable-native-access: then asking again has to do
            return Optional.empty();
        }
    }

    private static boolean sigaction(int signal, MemorySegment next, MemorySegment old) {
        if (SIGACTION.isEmpty()) {
            return false;
        }
        try {
            return (int) SIGACTION.get().invokeExact(signal, next, old) == 0;
        } catch (Throwable impossible) { // a C function throws nothing
            throw new AssertionError(impossible);
        }
    }
}
