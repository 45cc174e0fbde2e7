package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.OpenClException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Times every {@link Tuning} on some products and keeps the one with the least product of times. */
final class Tuner {
    private static final int RUNS = 5;

    private Tuner() {}

    /** M, N and K of the products that are timed. */
    static List<int[]> shapes(Flavour flavour) {
        return switch (flavour) {
            case CPU -> List.of(new int[] {256, 256, 256}, new int[] {768, 768, 768}, new int[] {64, 3136, 576});
            case GPU -> List.of(new int[] {512, 512, 512}, new int[] {4096, 4096, 4096}, new int[] {64, 3136, 576});
        };
    }

    /** Measures and keeps; says what it found. */
    static List<String> run(CommandQueue queue, Flavour flavour, List<int[]> shapes) {
        List<String> lines = new ArrayList<>();
        Tuning best = Tuning.builtIn(flavour);
        double least = Double.POSITIVE_INFINITY;
        for (Tuning candidate : Tuning.candidates(flavour)) {
            try {
                double sum = 0;
                StringBuilder line = new StringBuilder(candidate.text()).append(":");
                for (int[] shape : shapes) {
                    double seconds = seconds(queue, new FloatProduct(queue, flavour, candidate), shape);
                    sum += Math.log(seconds);
                    double rate = 2.0 * shape[0] * shape[1] * shape[2] / seconds * 1e-9;
                    line.append(
                            String.format(Locale.ROOT, " %dx%dx%d %.1f GFLOP/s", shape[0], shape[1], shape[2], rate));
                }
                lines.add(line.toString());
                if (sum < least) {
                    least = sum;
                    best = candidate;
                }
            } catch (OpenClException tooMuch) { // local memory, as a rule
                lines.add(candidate.text() + ": does not run here");
            }
        }
        try {
            String where = best.keep(queue.device(), flavour)
                    .map(file -> ", kept for the next start in " + file)
                    .orElse(", not kept");
            lines.add("fastest: " + best.text() + where);
        } catch (IOException e) {
            throw new UncheckedIOException("the tuning cannot be written", e);
        }
        return lines;
    }

    private static double seconds(CommandQueue queue, FloatProduct product, int[] shape) {
        DeviceMemory a = ones(queue, shape[0] * shape[2]);
        DeviceMemory b = ones(queue, shape[2] * shape[1]);
        DeviceMemory out = queue.allocate(4L * shape[0] * shape[1]);
        double seconds = PeakProbe.fastest(queue, RUNS, () -> product.run("tune", shape, a, b, out));
        a.giveBack();
        b.giveBack();
        out.giveBack();
        return seconds;
    }

    private static DeviceMemory ones(CommandQueue queue, int length) {
        float[] values = new float[length];
        Arrays.fill(values, 1);
        return queue.send(MemorySegment.ofArray(values));
    }
}
