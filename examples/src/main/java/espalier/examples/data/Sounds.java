package espalier.examples.data;

import espalier.nn.data.Dataset;
import espalier.nn.data.Transform;
import espalier.nn.data.WavSounds;
import espalier.nn.model.KeywordSpotter;
import java.io.IOException;
import java.nio.file.Path;

/** Sounds as the networks for short words take them: of their sampling rate, all ending together, and otherwise as recorded. */
final class Sounds {
    private Sounds() {}

    /** Folders of recordings, {@code train/yes/1.wav}; what is longer than {@code length} samples is cut off. */
    static Split folders(String name, Path train, Path held, int length) throws IOException {
        return split(
                name,
                fitting(train, WavSounds.readFolders(train, length)),
                fitting(held, WavSounds.readFolders(held, length)));
    }

    /** These with silence first, if they have the right sampling rate. */
    static WavSounds fitting(Path source, WavSounds sounds) throws IOException {
        if (sounds.rate() != KeywordSpotter.RATE) {
            throw new IOException(source + ": has " + sounds.rate() + " samples a second, the networks for sound take "
                    + KeywordSpotter.RATE + "; convert each file, for example with: sox IN.wav -r "
                    + KeywordSpotter.RATE
                    + " OUT.wav");
        }
        return sounds.withSilenceFirst();
    }

    /** Neither normalized, which the networks do themselves, nor changed for training. */
    static Split split(String name, Dataset train, Dataset test) {
        return new Split(name, train, test, Transform.normalize(new float[] {0}, new float[] {1}), Transform.none());
    }
}
