package espalier.tensor.cpu;

import espalier.tensor.spi.Backend;
import java.lang.System.Logger.Level;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Chooses the CPU back end: the vector one if this JVM has the Vector API, else the scalar one. The choice and its
 * reason are logged once.
 *
 * <p>The Vector API is an incubator module: it is there with {@code --add-modules jdk.incubator.vector} or when the
 * application's own module requires it. The vector classes are loaded by name and only after that is known, so the same
 * jar works without it.
 */
public final class CpuBackends {
    private static final String MODULE = "jdk.incubator.vector";
    private static final String VECTOR_BACKEND = "espalier.tensor.cpu.vector.VectorBackend";

    private CpuBackends() {}

    /** The plain back end, one thread. */
    public static Backend reference() {
        return new ScalarBackend(1);
    }

    /** The fastest back end there is here, with a number of threads. */
    public static Backend fastest(int threads) {
        Backend chosen = vector(threads).orElseGet(() -> new ScalarBackend(threads));
        Announcement.once(chosen);
        return chosen;
    }

    /** A thread per processor, or what the system property {@code espalier.threads} says. */
    public static int defaultThreads() {
        return Integer.getInteger("espalier.threads", Runtime.getRuntime().availableProcessors());
    }

    /** The vector back end, if it can run here. */
    static Optional<Backend> vector(int threads) {
        Optional<Module> module = ModuleLayer.boot().findModule(MODULE);
        if (module.isEmpty()) {
            return Optional.empty();
        }
        CpuBackends.class.getModule().addReads(module.get());
        try {
            Class<?> type = Class.forName(VECTOR_BACKEND);
            return Optional.of((Backend) type.getConstructor(int.class).newInstance(threads));
        } catch (ReflectiveOperationException | LinkageError e) {
            System.getLogger("espalier.tensor").log(Level.WARNING, "the vector back end cannot be loaded", e);
            return Optional.empty();
        }
    }

    /**
     * Logs the choice the first time, in a thread of its own: the first record of a program takes as long as loading a
     * small network and running it, and neither has to wait for the other.
     */
    private static final class Announcement {
        private static final AtomicBoolean MADE = new AtomicBoolean();

        static void once(Backend chosen) {
            if (MADE.compareAndSet(false, true)) {
                Thread.ofPlatform().name("espalier-announcement").start(() -> make(chosen));
            }
        }

        private static void make(Backend chosen) {
            System.getLogger("espalier.tensor").log(Level.INFO, announcement(chosen));
        }
    }

    /** Which back end was chosen and why. */
    static String announcement(Backend chosen) {
        boolean there = ModuleLayer.boot().findModule(MODULE).isPresent();
        String why = !there
                ? "there is no module " + MODULE + ": for the fast back end start java with --add-modules " + MODULE
                : chosen.name().equals("scalar")
                        ? "the vector back end cannot be loaded"
                        : "there is the module " + MODULE;
        return "CPU back end: " + chosen.description() + ", because " + why;
    }
}
