package espalier.examples.data;

import espalier.nn.data.Dataset;
import espalier.nn.data.FileTree;
import espalier.nn.data.Transform;
import espalier.nn.data.WavSounds;
import espalier.nn.model.KeywordSpotter;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Sounds as the networks for short words take them: of their sampling rate, all ending together, and otherwise as
 * recorded.
 */
final class Sounds {
    private Sounds() {}

    /** Folders of recordings, {@code train/yes/1.wav}; what is longer than {@code length} samples is cut off. */
    static Split folders(String name, FileTree files, String held, int length) throws IOException {
        WavSounds train = fitting(files, "train", WavSounds.readFolders(files, "train", length));
        WavSounds test = fitting(files, held, WavSounds.readFolders(files, held, length));
        return split(name, train, test, List.of(train, test));
    }

    /** These, from a folder of a tree, with silence first, if they have the right sampling rate. */
    static WavSounds fitting(FileTree files, String folder, WavSounds sounds) throws IOException {
        if (sounds.rate() != KeywordSpotter.RATE) {
            throw files.refusal(
                    folder,
                    "has " + sounds.rate() + " samples a second, the networks for sound take " + KeywordSpotter.RATE
                            + "; convert each file, for example with: sox IN.wav -r " + KeywordSpotter.RATE
                            + " OUT.wav");
        }
        return sounds.withSilenceFirst();
    }

    /**
     * Neither normalized, which the networks do themselves, nor changed for training; with a note on what was cut of
     * {@code all}.
     */
    static Split split(String name, Dataset train, Dataset test, List<WavSounds> all) {
        return new Split(
                name,
                train,
                test,
                Transform.normalize(new float[] {0}, new float[] {1}),
                Transform.none(),
                note(name, all));
    }

    private static Optional<String> note(String name, List<WavSounds> all) {
        int cut = all.stream().mapToInt(WavSounds::cut).sum();
        if (cut == 0) {
            return Optional.empty();
        }
        int recordings = all.stream().mapToInt(WavSounds::size).sum();
        double seconds = (double) all.getFirst().sampleShape().dim(1) / KeywordSpotter.RATE;
        return Optional.of(String.format(
                Locale.ROOT,
                "%s: %,d of %,d recordings are longer than %.2f s, and cut off there",
                name,
                cut,
                recordings,
                seconds));
    }
}
