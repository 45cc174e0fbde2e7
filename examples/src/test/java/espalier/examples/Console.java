package espalier.examples;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintWriter;

/**
 * One command, run as {@code examples/run} does, and what it left.
 *
 * @param status its exit status
 * @param out what it wrote
 * @param err what it complained about
 */
public record Console(int status, String out, String err) {
    /** Runs a command; arguments are separated by spaces. */
    public static Console run(String arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int status = Main.run(buffered(out), buffered(err), arguments.split(" "));
        return new Console(status, out.toString(UTF_8), err.toString(UTF_8));
    }

    /** As {@link Main} has them: what is not flushed is not seen. */
    private static PrintWriter buffered(OutputStream stream) {
        return new PrintWriter(stream, true, UTF_8);
    }
}
