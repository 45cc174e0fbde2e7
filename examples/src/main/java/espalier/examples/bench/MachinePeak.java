package espalier.examples.bench;

import java.util.Arrays;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What this machine itself can do, measured in Java with nothing of Espalier in it: the bounds every other line is read
 * against.
 *
 * <p>Arithmetic: chains of multiply-adds that live in registers, ten of them, since a multiply-add takes four cycles
 * and two start in each. Memory: copy ({@code a = b}) and triad ({@code a = b + s·c}) after McCalpin's STREAM, counting
 * each array read or written once. The work of a run is the same for any number of threads, which share it.
 */
final class MachinePeak {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int CHAINS = 10;
    private static final int STEPS = 1 << 20;

    /** 64 MB an array: far beyond the last cache. */
    private static final int DRAM_FLOATS = 1 << 24;

    /** 128 KB an array, of each thread: two or three fit the second cache of a core and not the first. */
    private static final int L2_FLOATS = 1 << 15;

    private static final int L2_ROUNDS = 64;

    private MachinePeak() {}

    static List<Workload> workloads() {
        double dram = 4.0 * DRAM_FLOATS;
        double l2 = 4.0 * L2_FLOATS * L2_ROUNDS;
        return List.of(
                java("peak-fma", Unit.GFLOPS, 2.0 * STEPS * CHAINS * SPECIES.length(), MachinePeak::multiplyAdds),
                java("bandwidth-copy", Unit.GBS, 2 * dram, MachinePeak::copyDram),
                java("bandwidth-triad", Unit.GBS, 3 * dram, MachinePeak::triadDram),
                java("bandwidth-copy-l2", Unit.GBS, 2 * l2, MachinePeak::copyL2),
                java("bandwidth-triad-l2", Unit.GBS, 3 * l2, MachinePeak::triadL2));
    }

    private static Workload java(String name, Unit unit, double work, Workload.Setup setup) {
        return new Workload(name, "java", unit, work, setup);
    }

    private static Runnable multiplyAdds(Threads threads) {
        float[] results = new float[threads.count()];
        int steps = STEPS / threads.count();
        return () -> threads.each(i -> results[i] = chains(steps));
    }

    /** {@code x ← x·a + b}, ten times over, {@code steps} times. */
    private static float chains(int steps) {
        FloatVector a = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector b = FloatVector.broadcast(SPECIES, 1f);
        FloatVector x0 = b;
        FloatVector x1 = b;
        FloatVector x2 = b;
        FloatVector x3 = b;
        FloatVector x4 = b;
        FloatVector x5 = b;
        FloatVector x6 = b;
        FloatVector x7 = b;
        FloatVector x8 = b;
        FloatVector x9 = b;
        for (int step = 0; step < steps; step++) {
            x0 = x0.fma(a, b);
            x1 = x1.fma(a, b);
            x2 = x2.fma(a, b);
            x3 = x3.fma(a, b);
            x4 = x4.fma(a, b);
            x5 = x5.fma(a, b);
            x6 = x6.fma(a, b);
            x7 = x7.fma(a, b);
            x8 = x8.fma(a, b);
            x9 = x9.fma(a, b);
        }
        FloatVector low = x0.add(x1).add(x2).add(x3).add(x4);
        return low.add(x5).add(x6).add(x7).add(x8).add(x9).lane(0);
    }

    private static Runnable copyDram(Threads threads) {
        float[] to = filled(DRAM_FLOATS);
        float[] from = filled(DRAM_FLOATS);
        int share = DRAM_FLOATS / threads.count();
        return () -> threads.each(i -> System.arraycopy(from, i * share, to, i * share, share));
    }

    private static Runnable triadDram(Threads threads) {
        float[] to = filled(DRAM_FLOATS);
        float[] b = filled(DRAM_FLOATS);
        float[] c = filled(DRAM_FLOATS);
        int share = DRAM_FLOATS / threads.count();
        return () -> threads.each(i -> triad(to, b, c, i * share, (i + 1) * share));
    }

    private static Runnable copyL2(Threads threads) {
        float[][][] arrays = new float[threads.count()][2][];
        Arrays.setAll(arrays, i -> new float[][] {filled(L2_FLOATS), filled(L2_FLOATS)});
        int rounds = L2_ROUNDS / threads.count();
        return () -> threads.each(i -> {
            for (int round = 0; round < rounds; round++) {
                System.arraycopy(arrays[i][1], 0, arrays[i][0], 0, L2_FLOATS);
            }
        });
    }

    private static Runnable triadL2(Threads threads) {
        float[][][] arrays = new float[threads.count()][3][];
        Arrays.setAll(arrays, i -> new float[][] {filled(L2_FLOATS), filled(L2_FLOATS), filled(L2_FLOATS)});
        int rounds = L2_ROUNDS / threads.count();
        return () -> threads.each(i -> {
            for (int round = 0; round < rounds; round++) {
                triad(arrays[i][0], arrays[i][1], arrays[i][2], 0, L2_FLOATS);
            }
        });
    }

    private static void triad(float[] to, float[] b, float[] c, int start, int end) {
        for (int i = start; i < end; i++) {
            to[i] = b[i] + 3f * c[i];
        }
    }

    /** Ones, written so that the pages are there. */
    private static float[] filled(int length) {
        float[] made = new float[length];
        Arrays.fill(made, 1f);
        return made;
    }
}
