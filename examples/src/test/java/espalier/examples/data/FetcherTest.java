package espalier.examples.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import espalier.examples.Console;
import espalier.examples.data.Source.Checked;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Fetching from a server on this machine: what arrives, and that nothing is left behind when something goes wrong. */
class FetcherTest {
    private static final byte[] ONE = "first file".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] TWO = new byte[1500];

    @TempDir
    private Path folder;

    private final Map<String, byte[]> served = new HashMap<>();
    private int promised;
    private HttpServer server;

    @BeforeEach
    void start() throws IOException {
        Arrays.fill(TWO, (byte) 7);
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    /** {@code promised} bytes more are announced than come. */
    private void answer(HttpExchange exchange) throws IOException {
        byte[] body = served.get(exchange.getRequestURI().getPath());
        try (exchange) {
            if (body == null) {
                exchange.sendResponseHeaders(404, -1);
                return;
            }
            exchange.sendResponseHeaders(200, body.length + promised);
            exchange.getResponseBody().write(body);
        }
    }

    private static Checked checked(String name, byte[] content) throws Exception {
        byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
        return new Checked(name, content.length, HexFormat.of().formatHex(digest));
    }

    private Source source(Optional<String> archive) throws Exception {
        String base = "http://127.0.0.1:" + server.getAddress().getPort() + "/set/";
        List<Checked> files = List.of(checked("one", ONE), checked("two", TWO));
        return new Source("set", "two files", "none", base, archive, files, ONE.length + TWO.length);
    }

    private Path fetch(Source source) throws IOException {
        return new Fetcher(source, _ -> {}).into(folder.resolve("root"));
    }

    private String refused(Source source) {
        IOException problem = assertThrows(IOException.class, () -> fetch(source));
        assertFalse(Files.exists(folder.resolve("root")), "nothing is left behind");
        return problem.getMessage();
    }

    @Test
    void filesArriveOneByOne() throws Exception {
        served.put("/set/one", ONE);
        served.put("/set/two", TWO);
        Path set = fetch(source(Optional.empty()));
        assertArrayEquals(ONE, Files.readAllBytes(set.resolve("one")));
        assertArrayEquals(TWO, Files.readAllBytes(set.resolve("two")));
        try (var all = Files.list(folder.resolve("root"))) {
            assertEquals(List.of(set), all.toList());
        }
        assertTrue(new Fetcher(source(Optional.empty()), _ -> {}).isIn(set));
        Files.writeString(set.resolve("one"), "first fool");
        assertFalse(new Fetcher(source(Optional.empty()), _ -> {}).isIn(set));
    }

    @Test
    void anArchiveIsUnpacked() throws Exception {
        served.put("/set/all.tar.gz", packed());
        Path set = fetch(source(Optional.of("all.tar.gz")));
        assertArrayEquals(ONE, Files.readAllBytes(set.resolve("one")));
        assertArrayEquals(TWO, Files.readAllBytes(set.resolve("two")));
    }

    @Test
    void anArchiveThatIsCutOffOrOtherIsRefused() throws Exception {
        byte[] whole = packed();
        served.put("/set/all.tar.gz", Arrays.copyOf(whole, whole.length / 2));
        assertTrue(refused(source(Optional.of("all.tar.gz"))).contains("is damaged or cut off"));
        served.put("/set/all.tar.gz", "no archive at all".getBytes(StandardCharsets.US_ASCII));
        assertTrue(refused(source(Optional.of("all.tar.gz"))).contains("is damaged or cut off"));
    }

    @Test
    void aFileOfTheRightLengthAndOtherContentIsRefused() throws Exception {
        served.put("/set/one", ONE);
        served.put("/set/two", new byte[TWO.length]);
        String message = refused(source(Optional.empty()));
        assertTrue(message.contains("/set/two is not the published two: its SHA-256 begins"), message);
    }

    @Test
    void aFileThatIsTooLongOrTooShortIsRefused() throws Exception {
        served.put("/set/one", new byte[100]);
        assertTrue(refused(source(Optional.empty())).contains("gave more than 10 bytes for one"));
        served.put("/set/one", new byte[3]);
        assertTrue(refused(source(Optional.empty())).contains("gave 3 of 10 bytes for one"));
    }

    @Test
    void aTransferThatBreaksOffIsRefused() throws Exception {
        served.put("/set/one", ONE);
        promised = 5;
        assertTrue(refused(source(Optional.empty())).contains("/set/one broke off"));
    }

    @Test
    void aFileThatIsNotThereIsNamedWithTheServersAnswer() throws Exception {
        assertTrue(refused(source(Optional.empty())).endsWith("/set/one answers with status 404"));
    }

    @Test
    void aServerThatIsNotThereIsNamed() throws Exception {
        Source source = source(Optional.empty());
        server.stop(0);
        assertEquals("cannot connect to " + source.base() + "one", refused(source));
    }

    @Test
    void anOlderCopyStaysWhenFetchingFails() throws Exception {
        Path mine = Files.createDirectories(folder.resolve("root/set")).resolve("one");
        Files.writeString(mine, "mine");
        assertThrows(IOException.class, () -> fetch(source(Optional.empty())));
        assertEquals("mine", Files.readString(mine));
        assertFalse(Files.exists(folder.resolve("root/set.part")));
    }

    @Test
    void theCommandSaysItInOneSentence() {
        server.stop(0);
        Path root = folder.resolve("root");
        String address = "http://127.0.0.1:" + server.getAddress().getPort() + "/";
        Console done = Console.run("data fetch mnist --into " + root + " --from " + address);
        assertEquals(2, done.status());
        assertEquals(
                "examples/run data fetch: cannot connect to " + address + "train-images-idx3-ubyte.gz\n", done.err());
        assertFalse(Files.exists(root));
    }

    /** A folder, a file that is not wanted, and the two. */
    private static byte[] packed() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(entry("folder/", new byte[0]));
            out.write(entry("folder/readme.html", new byte[700]));
            out.write(entry("folder/one", ONE));
            out.write(entry("folder/two", TWO));
            out.write(new byte[1024]);
        }
        return bytes.toByteArray();
    }

    private static byte[] entry(String name, byte[] content) {
        byte[] entry = new byte[512 + (content.length + 511) / 512 * 512];
        byte[] path = name.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(path, 0, entry, 0, path.length);
        byte[] length = String.format("%011o", content.length).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(length, 0, entry, 124, length.length);
        System.arraycopy(content, 0, entry, 512, content.length);
        return entry;
    }
}
