package espalier.nn.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** The files of a folder on disk. */
record FolderTree(Path root) implements FileTree {
    @Override
    public List<String> folders(String folder) throws IOException {
        return list(folder, Files::isDirectory);
    }

    @Override
    public List<String> files(String folder) throws IOException {
        return list(folder, path -> !Files.isDirectory(path));
    }

    private List<String> list(String folder, Predicate<Path> kind) throws IOException {
        Path path = root.resolve(folder);
        if (!Files.isDirectory(path)) {
            throw refusal(folder, "is no folder");
        }
        try (Stream<Path> entries = Files.list(path)) {
            return FileTree.listed(
                    entries.filter(kind).map(entry -> entry.getFileName().toString()));
        }
    }

    @Override
    public byte[] read(String name, int most) throws IOException {
        return PackedFile.read(root.resolve(name), most);
    }

    @Override
    public DataFileException refusal(String name, String what) {
        return new DataFileException(root.resolve(name), what);
    }

    @Override
    public void close() {
        // Nothing is held open.
    }
}
