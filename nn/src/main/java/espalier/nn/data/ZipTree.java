package espalier.nn.data;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/**
 * The files of a zip, which is not trusted: what it says of sizes is not believed, no more than {@value #MOST} bytes
 * are unpacked in all, and names that lead out of it are refused although nothing is written anywhere.
 */
final class ZipTree implements FileTree {
    private static final long MOST = 1L << 32;
    private static final int LONGEST_SHOWN = 120;
    private static final char AFTER_SLASH = '/' + 1;

    private final Path source;
    private final ZipFile zip;
    private final NavigableMap<String, ZipEntry> entries = new TreeMap<>();

    /** What stands before all names: nothing, or the folder that is alone in the zip, and a slash. */
    private final String top;

    private long left;

    ZipTree(Path source) throws IOException {
        this(source, MOST);
    }

    /** Of which at most so many bytes are unpacked. */
    ZipTree(Path source, long most) throws IOException {
        this.source = source;
        left = most;
        zip = opened(source);
        try {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                requireLeadingDown(entry.getName());
                if (entries.put(entry.getName(), entry) != null) {
                    throw about(entry.getName(), "is there twice");
                }
            }
        } catch (IOException e) {
            zip.close();
            throw e;
        }
        List<String> folders = listed("", true);
        top = folders.size() == 1 && listed("", false).isEmpty() ? folders.getFirst() + "/" : "";
    }

    private static ZipFile opened(Path source) throws IOException {
        try {
            return new ZipFile(source.toFile());
        } catch (ZipException | EOFException e) {
            throw new DataFileException(source, "is no zip file, or a damaged one: " + e.getMessage());
        } catch (IOException e) {
            throw new DataFileException(source, "cannot be read: " + e.getMessage());
        }
    }

    private void requireLeadingDown(String name) throws DataFileException {
        String path = name.endsWith("/") ? name.substring(0, name.length() - 1) : name;
        for (String part : path.split("/", -1)) {
            if (part.isEmpty() || part.equals(".") || part.equals("..")) {
                throw about(name, "is no name of a file in a folder; zip the folder itself, from the one above it");
            }
        }
        if (name.contains("\\") || name.chars().anyMatch(Character::isISOControl)) {
            throw about(name, "has a character in its name that can be in none; folders are parted by /");
        }
    }

    @Override
    public List<String> folders(String folder) throws IOException {
        return listed(below(folder), true);
    }

    @Override
    public List<String> files(String folder) throws IOException {
        return listed(below(folder), false);
    }

    /** What the names of all that is in a folder begin with. */
    private String below(String folder) throws DataFileException {
        String prefix = folder.isEmpty() ? top : top + folder + "/";
        String first = Optional.ofNullable(entries.ceilingKey(prefix)).orElse("");
        if (!folder.isEmpty() && !first.startsWith(prefix)) {
            throw refusal(folder, "is no folder");
        }
        return prefix;
    }

    /** Goes from name to name in their order, past all that is deeper at one stride. */
    private List<String> listed(String prefix, boolean folders) {
        List<String> found = new ArrayList<>();
        Optional<String> next = Optional.ofNullable(entries.ceilingKey(prefix));
        while (next.filter(name -> name.startsWith(prefix)).isPresent()) {
            String name = next.get();
            int slash = name.indexOf('/', prefix.length());
            boolean isItself = name.length() == prefix.length();
            if (!isItself && slash >= 0 == folders) {
                found.add(name.substring(prefix.length(), slash < 0 ? name.length() : slash));
            }
            next = Optional.ofNullable(
                    slash < 0 ? entries.higherKey(name) : entries.ceilingKey(name.substring(0, slash) + AFTER_SLASH));
        }
        return FileTree.listed(found.stream());
    }

    @Override
    public byte[] read(String name, int most) throws IOException {
        ZipEntry entry = Optional.ofNullable(entries.get(top + name)).orElseThrow(() -> refusal(name, "is not there"));
        byte[] bytes;
        boolean isWhole;
        try (InputStream in = zip.getInputStream(entry)) {
            bytes = in.readNBytes((int) Math.min(most, left));
            isWhole = in.read() < 0;
        } catch (ZipException | EOFException e) {
            throw refusal(name, "is damaged: " + e.getMessage());
        } catch (IOException e) {
            throw refusal(name, "cannot be read: " + e.getMessage());
        }
        if (!isWhole) {
            throw bytes.length == most
                    ? refusal(name, "is larger than " + most + " bytes")
                    : refusal(name, "is not read: with those before it, the zip unpacks to more than it may");
        }
        CRC32 sum = new CRC32();
        sum.update(bytes);
        if (sum.getValue() != entry.getCrc()) {
            throw refusal(name, "is damaged: its bytes have another checksum than the zip says");
        }
        left -= bytes.length;
        return bytes;
    }

    @Override
    public DataFileException refusal(String name, String what) {
        return name.isEmpty() ? new DataFileException(source, what) : about(top + name, what);
    }

    /** The name as the zip has it, in one line and not without end. */
    private DataFileException about(String name, String what) {
        StringBuilder shown = new StringBuilder();
        name.chars()
                .limit(LONGEST_SHOWN)
                .forEach(c ->
                        shown.append(Character.isISOControl(c) || Character.isSurrogate((char) c) ? '?' : (char) c));
        return new DataFileException(source, shown + (name.length() > LONGEST_SHOWN ? "…" : "") + ": " + what);
    }

    @Override
    public void close() throws IOException {
        zip.close();
    }
}
