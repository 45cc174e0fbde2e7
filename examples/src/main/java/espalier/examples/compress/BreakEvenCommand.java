package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.examples.report.LineChart;
import espalier.tensor.Device;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Measures at which density sparse products begin to win on this machine. */
@Command(
        name = "break-even",
        description = "At which density sparse weights begin to be faster on this machine.",
        mixinStandardHelpOptions = true)
public final class BreakEvenCommand implements Callable<Integer> {
    @Option(
            names = "--shape",
            split = "x",
            paramLabel = "ROWSxCOLUMNSxN",
            description = "Weights ROWSxCOLUMNS times COLUMNSxN; without it, a linear layer and a convolution.")
    private int @Nullable [] shape;

    @Option(names = "--threads", defaultValue = "1", description = "Threads of the CPU. Default: ${DEFAULT-VALUE}.")
    private int threads;

    @Option(names = "--svg", paramLabel = "FILE", description = "Write a picture of the first product.")
    private @Nullable Path svg;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException {
        PrintWriter out = spec.commandLine().getOut();
        if (threads < 1) {
            throw new IllegalArgumentException("--threads must be at least 1, not " + threads);
        }
        Device device = Device.cpu(threads);
        Stopwatch stopwatch = Stopwatch.brief();
        List<BreakEven> measured = shape == null
                ? BreakEven.usual(device, run -> stopwatch.measure(run).best())
                : List.of(of(device, shape, stopwatch));
        measured.forEach(out::println);
        if (svg != null) {
            AtomicFile.writeText(svg, chart(measured.getFirst()).svg());
        }
        return 0;
    }

    private static BreakEven of(Device device, int[] shape, Stopwatch stopwatch) {
        if (shape.length != 3 || Arrays.stream(shape).anyMatch(size -> size < 1)) {
            throw new IllegalArgumentException(
                    "--shape takes three sizes such as 500x800x128, not " + Arrays.toString(shape));
        }
        return BreakEven.measure(
                device,
                shape[0],
                shape[1],
                shape[2],
                run -> stopwatch.measure(run).best());
    }

    static LineChart chart(BreakEven measured) {
        double[] percent =
                Arrays.stream(measured.densities()).map(part -> 100 * part).toArray();
        double[] one = new double[percent.length];
        Arrays.fill(one, 1);
        return new LineChart(
                measured.name(),
                "density, %",
                "time in times of the dense product",
                List.of(
                        new LineChart.Series("CSR", percent, measured.csr()),
                        new LineChart.Series("4x1 blocks", percent, measured.blocks()),
                        new LineChart.Series("dense", percent, one)));
    }
}
