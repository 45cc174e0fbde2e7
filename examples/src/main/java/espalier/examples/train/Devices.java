package espalier.examples.train;

import espalier.tensor.Device;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Lists the devices that {@code --device} takes, and why others cannot be used. */
@Command(name = "devices", description = "Lists the devices that can compute.", mixinStandardHelpOptions = true)
public final class Devices implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        for (Device device : Device.all()) {
            out.printf("%-12s %s%n", device.name(), device.backend().description());
        }
        Device.problems().forEach(problem -> out.println("not usable: " + problem));
        return 0;
    }
}
