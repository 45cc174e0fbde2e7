package espalier.examples.data;

import java.io.IOException;
import java.io.PrintWriter;
import java.net.URI;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What data there is, and how to get more: {@code data list}, {@code data fetch NAME}. */
@Command(
        name = "data",
        description = "Lists data sets, and fetches them.",
        mixinStandardHelpOptions = true,
        subcommands = {DataCommand.ListAll.class, DataCommand.Fetch.class})
public final class DataCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    /** Without a subcommand: the list. */
    @Override
    public Integer call() {
        list(spec.commandLine().getOut());
        return 0;
    }

    private static void list(PrintWriter out) {
        String format = "%-14s %-36s %s%n";
        out.printf(format, "name", "training + test samples", "where");
        out.printf(format, "fashion-tenth", "6,000 + 1,000 clothes, 28x28", "embedded");
        out.printf(format, "digits", "1,437 + 360 digits, 8x8", "embedded");
        DataCatalog usual = DataCatalog.usual();
        for (Source source : Source.ALL) {
            Optional<Path> folder = usual.folder(source.name());
            out.printf(
                    format,
                    source.name(),
                    source.contents(),
                    folder.map(Path::toString)
                            .orElseGet(() -> String.format(
                                    Locale.ROOT,
                                    "to be fetched: %.1f MB from %s",
                                    source.bytes() / 1e6,
                                    source.base())));
        }
        out.printf(
                format,
                SpokenDigits.NAME,
                "2,700 + 300 spoken digits, 8 kHz",
                usual.folder(SpokenDigits.NAME).map(Path::toString).orElse("to be cloned: " + SpokenDigits.CLONE));
    }

    /** Prints a table of names, contents and places. */
    @Command(
            name = "list",
            description = "What is embedded, what is found here, and what can be fetched.",
            mixinStandardHelpOptions = true)
    static final class ListAll implements Callable<Integer> {
        @Spec
        private CommandSpec spec = CommandSpec.create();

        @Override
        public Integer call() {
            list(spec.commandLine().getOut());
            return 0;
        }
    }

    /** Fetches one data set. */
    @Command(
            name = "fetch",
            description = "Fetches a data set from where it is published and checks it.",
            mixinStandardHelpOptions = true)
    static final class Fetch implements Callable<Integer> {
        private static final long EVERY_NANOS = 200_000_000;

        @Parameters(paramLabel = "NAME", description = "One that data list shows as to be fetched.")
        private String name = "";

        @Option(
                names = "--into",
                paramLabel = "FOLDER",
                description = "Where the folder NAME is made. Default: .espalier/data in the home folder.")
        private Optional<Path> into = Optional.empty();

        @Option(names = "--from", paramLabel = "ADDRESS", description = "Another address that the files are under.")
        private Optional<String> from = Optional.empty();

        @Spec
        private CommandSpec spec = CommandSpec.create();

        private long shown;

        @Override
        public Integer call() throws IOException {
            PrintWriter out = spec.commandLine().getOut();
            if (name.equals(SpokenDigits.NAME)) {
                throw new IllegalArgumentException(
                        name + " is not published as files with checksums; get it with: " + SpokenDigits.CLONE);
            }
            Source known = Source.named(name);
            Source source = from.map(Fetch::address).map(known::from).orElse(known);
            Path root = into.orElseGet(DataCatalog::home);
            boolean isTerminal = System.console() != null && System.console().isTerminal();
            Fetcher fetcher = new Fetcher(source, bytes -> show(out, isTerminal, bytes, source.bytes()));
            if (fetcher.isIn(root.resolve(name))) {
                out.println(name + " is already in " + root.resolve(name));
                return 0;
            }
            out.printf(
                    Locale.ROOT,
                    "fetching %s (%.1f MB, licence: %s) from %s%n",
                    name,
                    source.bytes() / 1e6,
                    source.licence(),
                    source.base());
            out.flush();
            Path folder;
            try {
                folder = fetcher.into(root);
            } finally {
                out.print(isTerminal ? "\r\033[K" : "");
                out.flush();
            }
            out.println(name + " is in " + folder + "; use it with --data "
                    + DataCatalog.usual().called(folder));
            return 0;
        }

        private static String address(String text) {
            try {
                if (URI.create(text).isAbsolute()) {
                    return text;
                }
            } catch (IllegalArgumentException _) {
                // The sentence below says it.
            }
            throw new IllegalArgumentException("--from is no address of files: " + text);
        }

        private void show(PrintWriter out, boolean isTerminal, long bytes, long all) {
            long now = System.nanoTime();
            if (isTerminal && now - shown > EVERY_NANOS) {
                shown = now;
                out.printf(Locale.ROOT, "\r  %.1f of %.1f MB ", bytes / 1e6, all / 1e6);
                out.flush();
            }
        }
    }
}
