package espalier.examples.data;

import espalier.examples.data.Source.Checked;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * Fetches a data set into a folder. Everything arrives in a folder beside it, {@code NAME.part}, and is moved when all
 * of it is there and has the right checksum; if anything goes wrong, nothing is left behind.
 */
final class Fetcher {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int BLOCK = 1 << 16;

    /** Told how many bytes have arrived in all. */
    @FunctionalInterface
    interface Progress {
        /** Called every so often. */
        void arrived(long bytes);
    }

    private final Source source;
    private final Progress progress;
    private long arrived;

    Fetcher(Source source, Progress progress) {
        this.source = source;
        this.progress = progress;
    }

    /** Whether the folder already holds all of it, with the right checksums. */
    boolean isIn(Path folder) throws IOException {
        for (Checked file : source.files()) {
            Path path = folder.resolve(file.name());
            if (!Files.isRegularFile(path) || Files.size(path) != file.bytes() || !isRight(file, path)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isRight(Checked file, Path path) throws IOException {
        try (InputStream in = Files.newInputStream(path)) {
            return digest(in, OutputStream.nullOutputStream(), Long.MAX_VALUE, _ -> {})
                    .equals(file.sha256());
        }
    }

    /**
     * Fetches all files into {@code root/NAME}.
     *
     * @throws IOException in one sentence, with the address; the folder is as it was then
     */
    Path into(Path root) throws IOException {
        Path folder = root.resolve(source.name());
        Path part = root.resolve(source.name() + ".part");
        delete(part);
        boolean isNewRoot = !Files.exists(root);
        Files.createDirectories(part);
        try {
            if (source.archive().isPresent()) {
                unpack(source.archive().get(), part);
            } else {
                for (Checked file : source.files()) {
                    try (InputStream in = open(file.name())) {
                        save(file, in, part, source.base() + file.name());
                    }
                }
            }
            Files.createDirectories(folder);
            for (Checked file : source.files()) {
                Files.move(
                        part.resolve(file.name()),
                        folder.resolve(file.name()),
                        StandardCopyOption.REPLACE_EXISTING,
                        StandardCopyOption.ATOMIC_MOVE);
            }
            return folder;
        } finally {
            delete(part);
            if (isNewRoot && !Files.exists(folder)) {
                Files.deleteIfExists(root);
            }
        }
    }

    /** The files of a packed tar, those that are wanted, wherever in it they are. */
    private void unpack(String archive, Path part) throws IOException {
        String address = source.base() + archive;
        try (InputStream packed = open(archive);
                TarEntries tar = new TarEntries(new GZIPInputStream(counted(packed), BLOCK))) {
            while (tar.next()) {
                for (Checked file : source.files()) {
                    if (tar.name().endsWith("/" + file.name()) || tar.name().equals(file.name())) {
                        save(file, tar.content(), part, address);
                    }
                }
            }
        } catch (ZipException | EOFException problem) {
            throw new IOException(address + " is damaged or cut off: " + problem.getMessage(), problem);
        }
        for (Checked file : source.files()) {
            if (!Files.exists(part.resolve(file.name()))) {
                throw new IOException(address + " holds no " + file.name());
            }
        }
    }

    private void save(Checked file, InputStream in, Path part, String address) throws IOException {
        String found;
        boolean isPlain = source.archive().isEmpty();
        try (OutputStream out = Files.newOutputStream(part.resolve(file.name()))) {
            found = digest(in, out, file.bytes(), isPlain ? this::count : _ -> {});
        }
        long length = Files.size(part.resolve(file.name()));
        if (length != file.bytes()) {
            throw new IOException(address + " gave " + (length > file.bytes() ? "more than " : length + " of ")
                    + file.bytes() + " bytes for " + file.name() + "; try again, or another address with --from");
        }
        if (!found.equals(file.sha256())) {
            throw new IOException(address + " is not the published " + file.name() + ": its SHA-256 begins "
                    + found.substring(0, 12) + ", not " + file.sha256().substring(0, 12));
        }
    }

    private InputStream open(String name) throws IOException {
        String address = source.base() + name;
        // Not closed: the stream that is returned still reads from it.
        HttpClient client = HttpClient.newBuilder()
                .connectTimeout(PATIENCE)
                .followRedirects(HttpClient.Redirect.NORMAL)
                .build();
        HttpResponse<InputStream> response;
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(address))
                    .timeout(PATIENCE)
                    .build();
            response = client.send(request, HttpResponse.BodyHandlers.ofInputStream());
        } catch (ConnectException problem) {
            throw new IOException("cannot connect to " + address, problem);
        } catch (HttpTimeoutException problem) {
            throw new IOException(address + " does not answer within " + PATIENCE.toSeconds() + " s", problem);
        } catch (IOException problem) {
            throw brokenOff(address, problem);
        } catch (InterruptedException problem) {
            Thread.currentThread().interrupt();
            throw new IOException("the transfer from " + address + " was interrupted", problem);
        }
        if (response.statusCode() != 200) {
            response.body().close();
            throw new IOException(address + " answers with status " + response.statusCode());
        }
        return new Described(address, response.body());
    }

    private static IOException brokenOff(String address, IOException problem) {
        return new IOException("the transfer from " + address + " broke off: " + problem.getMessage(), problem);
    }

    private void count(long bytes) {
        arrived += bytes;
        progress.arrived(arrived);
    }

    private InputStream counted(InputStream in) {
        return new FilterInputStream(in) {
            @Override
            public int read(byte[] into, int offset, int length) throws IOException {
                int n = super.read(into, offset, length);
                if (n > 0) {
                    count(n);
                }
                return n;
            }
        };
    }

    /** Copies, at most one byte more than {@code limit}, and returns the SHA-256 of what was copied. */
    private static String digest(InputStream in, OutputStream out, long limit, Progress each) throws IOException {
        MessageDigest digest = sha256();
        byte[] block = new byte[BLOCK];
        long total = 0;
        for (int n = in.read(block); n >= 0 && total <= limit; n = in.read(block)) {
            digest.update(block, 0, n);
            out.write(block, 0, n);
            total += n;
            each.arrived(n);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new AssertionError("every JDK has SHA-256", impossible);
        }
    }

    private static void delete(Path folder) throws IOException {
        if (Files.isDirectory(folder)) {
            List<Path> files;
            try (Stream<Path> all = Files.list(folder)) {
                files = all.toList();
            }
            for (Path file : files) {
                Files.delete(file);
            }
            Files.delete(folder);
        }
    }

    /** Says which address a transfer that broke off was from. */
    private static final class Described extends FilterInputStream {
        private final String address;

        Described(String address, InputStream in) {
            super(in);
            this.address = address;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            try {
                return super.read(into, offset, length);
            } catch (IOException problem) {
                throw brokenOff(address, problem);
            }
        }
    }
}
