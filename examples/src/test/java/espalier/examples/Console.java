package espalier.examples;

import java.io.PrintWriter;
import java.io.StringWriter;

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
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        int status = Main.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments.split(" "));
        return new Console(status, out.toString(), err.toString());
    }
}
