package espalier.examples.bench;

import espalier.tensor.Device;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Has a device try the variants of its kernels; nothing else ever does. */
@Command(
        name = "tune-gpu",
        description = "Time the variants of a device's kernels and keep the fastest for later runs.",
        mixinStandardHelpOptions = true)
public final class TuneGpu implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            defaultValue = "opencl:0",
            description = "A device that devices lists; opencl:0 if not said.")
    private String device = "";

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        List<String> lines = named().backend().tune();
        lines.forEach(out::println);
        if (lines.isEmpty()) {
            out.println(device + " has one variant of each kernel: there is nothing to tune");
        }
        return 0;
    }

    private Device named() {
        try {
            return Device.named(device);
        } catch (IllegalArgumentException problem) {
            throw new ParameterException(spec.commandLine(), String.valueOf(problem.getMessage()));
        }
    }
}
