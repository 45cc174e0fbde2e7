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

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        if (model == null) {
            for (ModelCatalog kind : ModelCatalog.values()) {
                out.printf("%-12s input %s%n", kind.label(), kind.input());
            }
            return 0;
        }
        ModelCatalog kind = ModelCatalog.named(model);
        out.print(Summary.of(kind.make(Init.of(1)), kind.input().inserting(0, 1)));
        out.flush();
        return 0;
    }
}
