package espalier.nn.data;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Files in folders, by name: those of a folder on disk, or of a zip of one, from which nothing is unpacked to disk.
 * What reads its data from a tree reads the same from both, in the same order.
 *
 * <pre>{@code
 * try (FileTree words = FileTree.open(Path.of("words.zip"))) {          // or the folder words
 *     Dataset train = WavSounds.readFolders(words, "train", 8192);
 *     Dataset held = WavSounds.readFolders(words, "val", 8192);
 * }
 * }</pre>
 *
 * <p>A name leads from the source down, {@code train/yes/1.wav}; {@code ""} is the source itself. A folder that is
 * alone in a zip is taken as the source, as programs that zip a folder put it in. What is called {@code __MACOSX}, or
 * something that begins with a dot, is not listed.
 */
public sealed interface FileTree extends Closeable permits FolderTree, ZipTree {
    /**
     * Opens a folder or a zip.
     *
     * @throws DataFileException if it is neither, or if it is a zip with a name that leads nowhere or out of it
     */
    static FileTree open(Path source) throws IOException {
        if (Files.isDirectory(source)) {
            return new FolderTree(source);
        }
        if (!Files.isRegularFile(source)) {
            throw new DataFileException(source, "is not there");
        }
        return new ZipTree(source);
    }

    /**
     * The folders directly in a folder, without those above them in their names, sorted.
     *
     * @throws DataFileException if there is no such folder
     */
    List<String> folders(String folder) throws IOException;

    /**
     * The files directly in a folder, in the same way.
     *
     * @throws DataFileException if there is no such folder
     */
    List<String> files(String folder) throws IOException;

    /**
     * The bytes of a file.
     *
     * @param most how many there may be; no more than that, and one, are ever read
     * @throws DataFileException if there are more, or the file is missing or damaged
     */
    byte[] read(String name, int most) throws IOException;

    /** A sentence on one file or folder, for {@code throw}: where it is, then what is wrong with it. */
    DataFileException refusal(String name, String what);

    /** The name of something in a folder. */
    static String in(String folder, String name) {
        return folder.isEmpty() ? name : folder + "/" + name;
    }

    /** Whether a file or folder of this name, without those above it, is listed. */
    private static boolean isListed(String name) {
        return !name.startsWith(".") && !name.equals("__MACOSX");
    }

    /** Those of some names that are listed, sorted. */
    static List<String> listed(Stream<String> names) {
        return names.filter(FileTree::isListed).sorted().toList();
    }
}
