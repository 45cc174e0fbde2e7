package espalier.examples.train;

import espalier.nn.Init;
import espalier.nn.Summary;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** A table of a model's layers, or of all models. */
@Command(name = "summary", description = "Lists the layers of a model.", mixinStandardHelpOptions = true)
public final class SummaryTable implements Callable<Integer> {
    @Option(names = "--model", description = "Which; without it the names are listed.")
    private @Nullable String model;

    @Option(
            names = "--classes",
            paramLabel = "N",
            description = "How many classes it tells apart. Default: as it is published.")
    private @Nullable Integer classes;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (model == null) {
            if (classes != null) {
                throw new IllegalArgumentException("--classes needs a --model");
            }
            for (ModelCatalog kind : ModelCatalog.values()) {
                out.printf("%-12s input %-13s  %4d classes%n", kind.label(), kind.input(), kind.classes());
            }
            return 0;
        }
        ModelCatalog kind = ModelCatalog.named(model);
        Architecture architecture = new Architecture(kind, classes == null ? kind.classes() : classes);
        out.print(Summary.of(architecture.make(Init.of(1)), kind.input().inserting(0, 1)));
        out.flush();
        return 0;
    }
}
