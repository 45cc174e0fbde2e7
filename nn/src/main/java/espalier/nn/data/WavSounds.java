package espalier.nn.data;

import espalier.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.ToIntFunction;

/**
 * Mono 16-bit PCM sounds of one sampling rate, from a folder of {@code .wav} files or a zip of them, each cut or filled
 * with silence to one length: samples {@code [1, length]} from −1 to 1.
 *
 * <pre>{@code
 * // Free Spoken Digit Dataset: recordings/7_jackson_32.wav is a seven
 * Dataset digits = WavSounds.read(zip, 4096, name -> name.charAt(0) - '0', IdxFiles.DIGITS);
 * }</pre>
 */
public final class WavSounds implements Dataset {
    private static final int LARGEST = 1 << 24;

    private final List<String> names;
    private final List<Sound> sounds;
    private final List<Integer> labels;
    private final List<String> classes;
    private final int length;
    private final boolean silenceFirst;

    private WavSounds(
            List<String> names,
            List<Sound> sounds,
            List<Integer> labels,
            List<String> classes,
            int length,
            boolean silenceFirst) {
        this.names = names;
        this.sounds = sounds;
        this.labels = labels;
        this.classes = List.copyOf(classes);
        this.length = length;
        this.silenceFirst = silenceFirst;
    }

    /** What a file holds: some or all of its samples, and how many of them make a second. */
    private record Sound(short[] samples, int rate, boolean isCut) {}

    /**
     * Reads all sounds of a folder or of a zip, in the order of their names.
     *
     * @param source a folder, or a zip with the files in it or in one folder
     * @param length samples of each
     * @param labelOf the label, from a file's name without folders
     * @throws DataFileException naming the file that is wrong
     */
    public static WavSounds read(Path source, int length, ToIntFunction<String> labelOf, List<String> classes)
            throws IOException {
        try (FileTree files = FileTree.open(source)) {
            return read(files, "", length, labelOf, classes);
        }
    }

    /** The same, from one folder of a tree. */
    public static WavSounds read(
            FileTree files, String folder, int length, ToIntFunction<String> labelOf, List<String> classes)
            throws IOException {
        requireLength(length);
        List<String> names = sounds(files, folder);
        if (names.isEmpty()) {
            throw files.refusal(folder, "holds no .wav files");
        }
        List<Sound> sounds = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (String name : names) {
            int label = labelOf.applyAsInt(name);
            if (label < 0 || label >= classes.size()) {
                throw files.refusal(
                        folder, "the name of " + name + " gives label " + label + " of " + classes.size() + " classes");
            }
            sounds.add(sound(files, FileTree.in(folder, name), length));
            labels.add(label);
        }
        requireOneRate(files, folder, names, sounds);
        return new WavSounds(names, sounds, labels, classes, length, false);
    }

    /**
     * The same with the silence that fills up short sounds in front of them instead of behind: all end together, as
     * suits a recurrent network of which only the last state is read.
     */
    public WavSounds withSilenceFirst() {
        return new WavSounds(names, sounds, labels, classes, length, true);
    }

    /**
     * Reads a folder, or a zip of one, with a folder of sounds for each class: {@code train/yes/0001.wav}. Classes and
     * files are taken in the order of their names; those that begin with a dot are passed over.
     *
     * @param length samples of each
     * @throws DataFileException naming the file or folder that is wrong
     */
    public static WavSounds readFolders(Path source, int length) throws IOException {
        try (FileTree files = FileTree.open(source)) {
            return readFolders(files, "", length);
        }
    }

    /** The same, from the folders in one folder of a tree. */
    public static WavSounds readFolders(FileTree files, String folder, int length) throws IOException {
        requireLength(length);
        List<String> classes = files.folders(folder);
        List<String> names = new ArrayList<>();
        List<Sound> sounds = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (int label = 0; label < classes.size(); label++) {
            String of = FileTree.in(folder, classes.get(label));
            for (String name : sounds(files, of)) {
                names.add(name);
                sounds.add(sound(files, FileTree.in(of, name), length));
                labels.add(label);
            }
        }
        if (sounds.isEmpty()) {
            throw files.refusal(
                    folder,
                    "has " + classes.size() + " folders with no .wav files in them; there must be one for each class");
        }
        requireOneRate(files, folder, names, sounds);
        return new WavSounds(names, sounds, labels, classes, length, false);
    }

    private static void requireLength(int length) {
        if (length < 1) {
            throw new IllegalArgumentException("sounds: length " + length + " must be at least 1");
        }
    }

    private static void requireOneRate(FileTree files, String folder, List<String> names, List<Sound> sounds)
            throws DataFileException {
        int rate = sounds.getFirst().rate;
        for (int i = 0; i < names.size(); i++) {
            if (sounds.get(i).rate != rate) {
                throw files.refusal(
                        folder,
                        names.get(i) + " has " + sounds.get(i).rate + " samples a second, " + names.getFirst() + " has "
                                + rate + "; bring all to one rate");
            }
        }
    }

    private static List<String> sounds(FileTree files, String folder) throws IOException {
        return files.files(folder).stream()
                .filter(name -> name.endsWith(".wav"))
                .toList();
    }

    /**
     * The chunks of a RIFF file: "fmt " must say PCM, one channel, 16 bits; "data" holds the samples, of which at most
     * {@code length} are kept.
     */
    private static Sound sound(FileTree files, String name, int length) throws IOException {
        byte[] bytes = files.read(name, LARGEST);
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < 12 || in.getInt(0) != tag("RIFF") || in.getInt(8) != tag("WAVE")) {
            throw files.refusal(name, "is no RIFF WAVE file");
        }
        boolean understood = false;
        int rate = 0;
        int at = 12;
        while (at + 8 <= bytes.length) {
            int kind = in.getInt(at);
            long size = Integer.toUnsignedLong(in.getInt(at + 4));
            int body = at + 8;
            if (size > bytes.length - body) {
                throw files.refusal(
                        name,
                        "byte " + at + ": has a chunk of " + size + " bytes, of which " + (bytes.length - body)
                                + " are there");
            }
            if (kind == tag("fmt ") && size >= 16) {
                understood = in.getShort(body) == 1 && in.getShort(body + 2) == 1 && in.getShort(body + 14) == 16;
                rate = in.getInt(body + 4);
            } else if (kind == tag("data") && understood) {
                short[] samples = new short[(int) Math.min(length, size / 2)];
                in.slice(body, (int) size)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .asShortBuffer()
                        .get(samples);
                return new Sound(samples, rate, size / 2 > length);
            }
            at = (int) Math.min(bytes.length, body + size + (size & 1));
        }
        throw files.refusal(name, understood ? "has no data chunk" : "is not mono 16-bit PCM");
    }

    private static int tag(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }

    /** Samples a second, the same in all files. */
    public int rate() {
        return sounds.getFirst().rate;
    }

    /** How many were longer, and lost their ends. */
    public int cut() {
        return (int) sounds.stream().filter(Sound::isCut).count();
    }

    /** The name of a sound's file, without folders. */
    public String name(int index) {
        return names.get(index);
    }

    @Override
    public int size() {
        return sounds.size();
    }

    @Override
    public Shape sampleShape() {
        return Shape.of(1, length);
    }

    @Override
    public List<String> classes() {
        return classes;
    }

    @Override
    public void copySample(int index, float[] into, int at) {
        short[] sound = sounds.get(index).samples;
        int start = silenceFirst ? length - sound.length : 0;
        Arrays.fill(into, at, at + length, 0);
        for (int i = 0; i < sound.length; i++) {
            into[at + start + i] = sound[i] / 32768f;
        }
    }

    @Override
    public int label(int index) {
        return labels.get(index);
    }
}
