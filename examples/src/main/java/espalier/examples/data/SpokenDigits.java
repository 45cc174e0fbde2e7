package espalier.examples.data;

import espalier.nn.data.FileTree;
import espalier.nn.data.IdxFiles;
import espalier.nn.data.WavSounds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * The Free Spoken Digit Dataset (Jackson and others, CC BY-SA 4.0): {@code recordings/7_jackson_32.wav} is the 33rd
 * time that Jackson says seven. Its own split holds back the recordings numbered 0 to 4 of each digit and speaker, so
 * the voices of the test are also heard in training.
 */
final class SpokenDigits {
    /** Its name for {@code --data}. */
    static final String NAME = "fsdd";

    /** How to get it: there is no archive of it with a published checksum, and Git checks what it fetches. */
    static final String CLONE = "git clone https://github.com/Jakobovski/free-spoken-digit-dataset data/" + NAME;

    /** Samples of each: 1.02 s at 8,000 a second, which cuts 17 of the 3,000 recordings. */
    private static final int LENGTH = 8192;

    private static final String RECORDINGS = "recordings";
    private static final int HELD_BACK = 5;
    private static final Pattern FILE_NAME = Pattern.compile("([0-9])_[^_]+_([0-9]{1,4})\\.wav");

    private SpokenDigits() {}

    /**
     * Whether a folder holds recordings: in a folder of that name, as it is cloned, or in {@code fsdd-recordings.zip}.
     */
    static boolean isIn(Path folder) {
        return Files.isDirectory(folder.resolve(RECORDINGS)) || Files.isRegularFile(zip(folder));
    }

    /** Whether a zip holds recordings: of the folder, of the whole clone, or as GitHub makes one of that. */
    static boolean isIn(FileTree zip) throws IOException {
        return !recordings(zip).isEmpty() || zip.files("").stream().anyMatch(FILE_NAME.asMatchPredicate());
    }

    private static Path zip(Path folder) {
        return folder.resolve("fsdd-recordings.zip");
    }

    private static String recordings(FileTree files) throws IOException {
        return files.folders("").contains(RECORDINGS) ? RECORDINGS : "";
    }

    /** Reads them; a name of another form is refused. */
    static Split read(String name, Path folder) throws IOException {
        Path source = Files.isDirectory(folder.resolve(RECORDINGS)) ? folder : zip(folder);
        try (FileTree files = FileTree.open(source)) {
            return read(name, files);
        }
    }

    /** The same from a tree that has them. */
    static Split read(String name, FileTree files) throws IOException {
        String in = recordings(files);
        WavSounds all =
                Sounds.fitting(files, in, WavSounds.read(files, in, LENGTH, SpokenDigits::digit, IdxFiles.DIGITS));
        int[] train = where(all, number -> number >= HELD_BACK);
        int[] test = where(all, number -> number < HELD_BACK);
        return Sounds.split(name, all.select(train), all.select(test), List.of(all));
    }

    /** −1, which is no label, where the name has another form. */
    private static int digit(String file) {
        Matcher parts = FILE_NAME.matcher(file);
        return parts.matches() ? Integer.parseInt(parts.group(1)) : -1;
    }

    private static int[] where(WavSounds all, IntPredicate wanted) {
        return IntStream.range(0, all.size())
                .filter(i -> {
                    Matcher parts = FILE_NAME.matcher(all.name(i));
                    return parts.matches() && wanted.test(Integer.parseInt(parts.group(2)));
                })
                .toArray();
    }
}
