package espalier.examples;

import espalier.examples.bench.Bench;
import espalier.examples.bench.TuneGpu;
import espalier.examples.compress.BreakEvenCommand;
import espalier.examples.compress.Compare;
import espalier.examples.compress.Compress;
import espalier.examples.compress.Curve;
import espalier.examples.compress.Cut;
import espalier.examples.compress.LedgerCommand;
import espalier.examples.compress.Quickstart;
import espalier.examples.compress.Sensitivity;
import espalier.examples.compress.Survey;
import espalier.examples.data.DataCommand;
import espalier.examples.teaching.FirstTensor;
import espalier.examples.teaching.GradientCheck;
import espalier.examples.teaching.LenetMnist;
import espalier.examples.teaching.MlpByHand;
import espalier.examples.teaching.ResnetCifar10;
import espalier.examples.teaching.SpokenDigits;
import espalier.examples.train.Devices;
import espalier.examples.train.Eval;
import espalier.examples.train.Graph;
import espalier.examples.train.SummaryTable;
import espalier.examples.train.Train;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command line, {@code examples/run NAME arguments...}: without a name it lists what there is.
 *
 * <p>To add an example, write a class with a {@link Command} annotation that is a {@code Callable<Integer>}, and name
 * it in the list below.
 *
 * <p>A mistake of the user ends with one line that says what is wrong and a non-zero exit status; a stack trace always
 * means a mistake of ours.
 */
@Command(name = "examples/run", version = "Espalier 0.1.0-SNAPSHOT")
public final class Main implements Runnable {
    /** In the order in which they are listed. */
    private static final List<Class<?>> COMMANDS = List.of(
            Quickstart.class,
            DataCommand.class,
            Train.class,
            Eval.class,
            Compress.class,
            Cut.class,
            LedgerCommand.class,
            Sensitivity.class,
            Compare.class,
            Curve.class,
            Survey.class,
            BreakEvenCommand.class,
            SummaryTable.class,
            Graph.class,
            Devices.class,
            FirstTensor.class,
            MlpByHand.class,
            GradientCheck.class,
            LenetMnist.class,
            ResnetCifar10.class,
            SpokenDigits.class,
            Bench.class,
            TuneGpu.class);

    private final PrintWriter out;

    @Option(
            names = {"-h", "--help"},
            description = "List what there is.")
    @SuppressWarnings("unused") // picocli sets it and acts on it
    private boolean help;

    @Option(
            names = {"-V", "--version"},
            versionHelp = true,
            description = "Print the version.")
    @SuppressWarnings("unused") // picocli sets it and acts on it
    private boolean version;

    private Main(PrintWriter out) {
        this.out = out;
    }

    /** Runs one command and exits with its status: 0 done, 1 an expectation was missed, 2 called wrongly. */
    public static void main(String[] arguments) {
        System.exit(run(writer(System.out), writer(System.err), arguments));
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, stream.charset());
    }

    /** Runs one command, writing to the given streams, and returns its status. */
    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = new CommandLine(new Main(out));
        // Only the one that is asked for is made: the others need not even be loaded.
        COMMANDS.stream()
                .filter(type -> arguments.length > 0 && nameOf(type).equals(arguments[0]))
                .forEach(type -> line.addSubcommand(nameOf(type), type));
        int status = line.setOut(out)
                .setErr(err)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler((problem, _) -> explain(problem))
                .setExecutionExceptionHandler((problem, command, _) -> fail(problem, command))
                .execute(arguments);
        out.flush(); // only whole lines were
        return status;
    }

    /** Lists the commands, one line each. */
    @Override
    public void run() {
        out.println("examples/run NAME [arguments...]   (examples/run NAME --help for its options)");
        out.println();
        for (Class<?> type : COMMANDS) {
            String[] description = type.getAnnotation(Command.class).description();
            out.printf("  %-16s %s%n", nameOf(type), description.length == 0 ? "" : description[0]);
        }
    }

    /** The names of all commands. */
    static List<String> names() {
        return COMMANDS.stream().map(Main::nameOf).toList();
    }

    private static String nameOf(Class<?> type) {
        return type.getAnnotation(Command.class).name();
    }

    private static int explain(ParameterException problem) {
        CommandLine command = problem.getCommandLine();
        String name = command.getCommandSpec().qualifiedName();
        String message = problem instanceof UnmatchedArgumentException unmatched
                        && command.getParent() == null
                        && !unmatched.isUnknownOption()
                ? "there is no example " + unmatched.getUnmatched().getFirst() + "; without arguments it lists all"
                : firstLine(problem) + " (see " + name + " --help)";
        command.getErr().println(name + ": " + message);
        return CommandLine.ExitCode.USAGE;
    }

    /** Bad values and files are the user's to mend and get one line; anything else is thrown on. */
    private static int fail(Exception problem, CommandLine command) throws Exception {
        String name = command.getCommandSpec().qualifiedName();
        switch (problem) {
            case IllegalArgumentException mistake -> command.getErr().println(name + ": " + firstLine(mistake));
            case UncheckedIOException file -> command.getErr().println(name + ": " + describe(file.getCause()));
            case IOException file -> command.getErr().println(name + ": " + describe(file));
            default -> throw problem;
        }
        return CommandLine.ExitCode.USAGE;
    }

    private static String describe(@Nullable Throwable problem) {
        return switch (problem) {
            case java.nio.file.NoSuchFileException missing -> "there is no file " + missing.getFile();
            case java.nio.file.AccessDeniedException denied -> "not allowed to open " + denied.getFile();
            case java.nio.file.FileSystemException file
            when file.getReason() != null -> file.getFile() + ": " + file.getReason();
            case null -> "a file cannot be read";
            default -> firstLine(problem);
        };
    }

    private static String firstLine(Throwable problem) {
        String message = problem.getMessage();
        return message == null
                ? problem.toString()
                : message.lines().findFirst().orElse("");
    }
}
