package espalier.nn.data;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The published data sets, if they are on this machine: in the folder of the system property {@code espalier.data}, or
 * in {@code shared/data} beside the checkout.
 */
public final class SharedData {
    private SharedData() {}

    /** A file or folder in there; where there is none, the test is skipped and says so. */
    public static Path at(String path) {
        Path root = Path.of(System.getProperty("espalier.data", "")).toAbsolutePath();
        if (System.getProperty("espalier.data") == null) {
            Path checkout = root;
            while (checkout != null && !Files.isDirectory(checkout.resolve("shared/data"))) {
                checkout = checkout.getParent();
            }
            assumeTrue(checkout != null, "there is no shared/data beside the checkout, so " + path + " is not tested");
            root = checkout.resolve("shared/data");
        }
        Path found = root.resolve(path);
        assumeTrue(Files.exists(found), found + " is not there, so it is not tested");
        return found;
    }
}
