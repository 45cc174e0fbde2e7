package espalier.examples.bench;

import espalier.examples.train.ModelCatalog;
import espalier.tensor.Device;
import espalier.tensor.spi.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Times families of workloads and prints a line for each, the machine's own peak first. */
@Command(
        name = "bench",
        description = "Time the kernels, beside what the machine itself can do.",
        footer = {
            "",
            "FAMILY is gemm, conv, elementwise, sparse, lowbit, train, infer, coldstart, threads or all.",
            "Prints lines of: workload, implementation, threads, value, unit, separated by tabs.",
            "The first lines are what the machine itself can do, measured in plain Java; with --device also what the",
            "device can. Then gemm has sgemm-4096 too."
        },
        mixinStandardHelpOptions = true)
public final class Bench implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Parameters(paramLabel = "FAMILY", arity = "1..*", description = "What to run.")
    private List<String> families = List.of();

    @Option(
            names = "--threads",
            paramLabel = "N",
            description = "Threads to use: 1, or for the family threads 2, if not said.")
    private int threads;

    @Option(names = "--quick", description = "Short windows: for a look, not for figures to keep.")
    private boolean quick;

    @Option(names = "--best", description = "Print the best sample instead of the median.")
    private boolean best;

    @Option(names = "--filter", paramLabel = "REGEX", description = "Only workloads whose name contains a match.")
    private String filter = "";

    @Option(
            names = "--model",
            paramLabel = "NAME",
            description = "Of train and infer: this model, one of those that summary lists.")
    private Optional<String> model = Optional.empty();

    @Option(names = "--batch", paramLabel = "N", description = "Of train and infer: images a step.")
    private int batch;

    @Option(
            names = "--device",
            paramLabel = "NAME",
            description = "A device that devices lists, instead of the CPU with --threads.")
    private Optional<String> device = Optional.empty();

    @Option(names = "--profile", description = "Of train: how long each operation of a step takes.")
    private boolean profile;

    @Override
    public Integer call() {
        List<Family> chosen = chosen();
        Pattern pattern = pattern();
        List<Workload> once = new ArrayList<>();
        List<Workload> twice = new ArrayList<>();
        for (Family family : chosen) {
            List<Workload> list = family == Family.THREADS ? twice : once;
            workloads(family).stream()
                    .filter(workload -> pattern.matcher(workload.name()).find())
                    .forEach(list::add);
        }
        if (once.isEmpty() && twice.isEmpty()) {
            throw wrong("no workload of these families has a name that matches " + filter);
        }
        if (profile) {
            return profile();
        }
        int several = threads == 0 ? 2 : threads;
        try (Threads few = worker();
                Threads one = new Threads(1);
                Threads many = new Threads(several)) {
            MachinePeak.workloads().forEach(workload -> print(workload, few));
            peak(few.device());
            once.forEach(workload -> print(workload, few));
            if (once.stream().anyMatch(workload -> workload.unit() == Unit.IMAGES)) {
                memory();
            }
            if (!twice.isEmpty() && (several > 1 || once.isEmpty())) { // one thread beside one says little
                MachinePeak.workloads().forEach(workload -> compare(workload, one, many));
                twice.forEach(workload -> compare(workload, one, many));
            }
        }
        return 0;
    }

    /** What all families but threads run on. */
    private Threads worker() {
        int count = Math.max(1, threads);
        try {
            return device.map(name -> new Threads(count, Device.named(name))).orElseGet(() -> new Threads(count));
        } catch (IllegalArgumentException problem) {
            throw wrong(String.valueOf(problem.getMessage()));
        }
    }

    private List<Family> chosen() {
        if (threads < 0 || threads > 1024) {
            throw wrong("--threads must be from 1 to 1024, not " + threads);
        }
        if (families.contains("all")) {
            return List.of(Family.values());
        }
        return families.stream().distinct().map(this::family).toList();
    }

    private Family family(String word) {
        for (Family family : Family.values()) {
            if (family.word().equals(word)) {
                return family;
            }
        }
        String known = Arrays.stream(Family.values()).map(Family::word).collect(Collectors.joining(", "));
        throw wrong("there is no family " + word + "; there are " + known + " and all");
    }

    /** What a family has to run, or, of networks, what was asked for. */
    private List<Workload> workloads(Family family) {
        if (batch < 0) {
            throw wrong("--batch must be at least 1, not " + batch);
        }
        if (model.isEmpty() && batch == 0) {
            List<Workload> all = new ArrayList<>(family.workloads());
            if (family == Family.GEMM && device.isPresent()) {
                all.add(GemmWorkloads.square(4096)); // takes a processor long, and a GPU does not show itself before
            }
            return all;
        }
        return NetworkWorkloads.of(family, model.map(this::named), batch);
    }

    private ModelCatalog named(String name) {
        try {
            return ModelCatalog.named(name);
        } catch (IllegalArgumentException problem) {
            throw wrong(String.valueOf(problem.getMessage()));
        }
    }

    private int profile() {
        ModelCatalog which = named(model.orElse("lenet5"));
        Device device = Device.cpu(Math.max(1, threads));
        StepProfile.of(which, batch == 0 ? 128 : batch, device)
                .forEach(spec.commandLine().getOut()::println);
        return 0;
    }

    private Pattern pattern() {
        try {
            return Pattern.compile(filter);
        } catch (PatternSyntaxException problem) {
            throw wrong("--filter is no regular expression: " + problem.getDescription() + " in " + filter);
        }
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }

    private double print(Workload workload, Threads with) {
        Stopwatch stopwatch = quick ? Stopwatch.quick() : Stopwatch.careful();
        Runnable queued = workload.setup().prepare(with);
        Runnable finish = with.device().backend()::finish; // a device may only have queued it
        Runnable run = () -> {
            queued.run();
            finish.run();
        };
        // Who waits for one result waits for all of it; what follows work is queued behind it.
        boolean alone = device.isEmpty() || workload.unit() == Unit.MILLISECONDS;
        Measurement measured = alone ? stopwatch.measure(run) : stopwatch.measure(queued, finish);
        double value = workload.unit().of(workload.work(), best ? measured.best() : measured.median());
        line(workload, with.count(), value, workload.unit().symbol());
        if (workload.unit() == Unit.IMAGES) {
            double allocated = MemoryUse.allocated(run, 10);
            line(workload.name() + "-allocated", workload.implementation(), with.count(), allocated, "MB/step");
        }
        return value;
    }

    /** What a device other than the processor can do, by its own account. */
    private void peak(Device measured) {
        Backend backend = measured.backend();
        backend.peak().ifPresent(peak -> {
            line("device-peak-fma", backend.name(), 1, peak.flops() * 1e-9, Unit.GFLOPS.symbol());
            line("device-bandwidth-copy", backend.name(), 1, peak.bytes() * 1e-9, Unit.GBS.symbol());
        });
    }

    /** What all of it took. */
    private void memory() {
        line("peak-heap", "java", 1, MemoryUse.peakHeap(), "MB");
        MemoryUse.peakResident().ifPresent(most -> line("peak-resident", "java", 1, most, "MB"));
    }

    /** The same with one thread and with several, and how many times faster the several are. */
    private void compare(Workload workload, Threads one, Threads several) {
        double alone = print(workload, one);
        double together = print(workload, several);
        line(workload, several.count(), workload.unit().speedup(alone, together), "speedup");
    }

    private void line(Workload workload, int count, double value, String unit) {
        line(workload.name(), workload.implementation(), count, value, unit);
    }

    private void line(String name, String implementation, int count, double value, String unit) {
        String number = String.format(Locale.ROOT, value < 10 ? "%.3f" : "%.1f", value);
        spec.commandLine()
                .getOut()
                .println(String.join("\t", name, implementation, String.valueOf(count), number, unit));
    }
}
