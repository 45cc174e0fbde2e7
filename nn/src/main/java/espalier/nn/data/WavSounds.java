package espalier.nn.data;

import espalier.tensor.Shape;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

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
    private static final long MOST = 1L << 30;

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
    record Sound(short[] samples, int rate) {}

    /**
     * Reads all sounds, in the order of their names.
     *
     * @param source a folder or a {@code .zip} file
     * @param length samples of each
     * @param labelOf the label, from a file's name without folders
     * @throws DataFileException naming the file that is wrong
     */
    public static WavSounds read(Path source, int length, ToIntFunction<String> labelOf, List<String> classes)
            throws IOException {
        requireLength(length);
        Map<String, Sound> found = Files.isDirectory(source) ? inFolder(source, length) : inZip(source, length, MOST);
        if (found.isEmpty()) {
            throw new DataFileException(source, "holds no .wav files");
        }
        List<String> names = new ArrayList<>();
        List<Sound> sounds = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (var entry : found.entrySet()) {
            String name = entry.getKey().substring(entry.getKey().lastIndexOf('/') + 1);
            int label = labelOf.applyAsInt(name);
            if (label < 0 || label >= classes.size()) {
                throw new DataFileException(
                        source, "the name of " + name + " gives label " + label + " of " + classes.size() + " classes");
            }
            names.add(name);
            sounds.add(entry.getValue());
            labels.add(label);
        }
        return new WavSounds(requireOneRate(source, names, sounds), sounds, labels, classes, length, false);
    }

    /**
     * The same with the silence that fills up short sounds in front of them instead of behind: all end together, as suits a
     * recurrent network of which only the last state is read.
     */
    public WavSounds withSilenceFirst() {
        return new WavSounds(names, sounds, labels, classes, length, true);
    }

    /**
     * Reads a folder with a folder of sounds for each class: {@code train/yes/0001.wav}. Classes and files are taken in the order
     * of their names; those that begin with a dot are passed over.
     *
     * @param length samples of each
     * @throws DataFileException naming the file or folder that is wrong
     */
    public static WavSounds readFolders(Path folder, int length) throws IOException {
        requireLength(length);
        if (!Files.isDirectory(folder)) {
            throw new DataFileException(folder, "is no folder");
        }
        List<String> classes;
        try (Stream<Path> entries = Files.list(folder)) {
            classes = entries.filter(Files::isDirectory)
                    .map(entry -> entry.getFileName().toString())
                    .filter(name -> !name.startsWith("."))
                    .sorted()
                    .toList();
        }
        List<String> names = new ArrayList<>();
        List<Sound> sounds = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (String name : classes) {
            Map<String, Sound> found = inFolder(folder.resolve(name), length);
            found.forEach((file, sound) -> {
                names.add(file);
                sounds.add(sound);
                labels.add(classes.indexOf(name));
            });
        }
        if (sounds.isEmpty()) {
            throw new DataFileException(
                    folder,
                    "has " + classes.size() + " folders with no .wav files in them; there must be one for each class");
        }
        return new WavSounds(requireOneRate(folder, names, sounds), sounds, labels, classes, length, false);
    }

    private static void requireLength(int length) {
        if (length < 1) {
            throw new IllegalArgumentException("sounds: length " + length + " must be at least 1");
        }
    }

    /** The names, if the sounds have one rate. */
    private static List<String> requireOneRate(Path source, List<String> names, List<Sound> sounds)
            throws DataFileException {
        int rate = sounds.getFirst().rate;
        for (int i = 0; i < names.size(); i++) {
            if (sounds.get(i).rate != rate) {
                throw new DataFileException(
                        source,
                        names.get(i) + " has " + sounds.get(i).rate + " samples a second, " + names.getFirst() + " has "
                                + rate + "; bring all to one rate");
            }
        }
        return names;
    }

    private static Map<String, Sound> inFolder(Path folder, int length) throws IOException {
        Map<String, Sound> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(WavSounds::isSound).toList()) {
                String name = file.getFileName().toString();
                found.put(name, sound(file, "", PackedFile.read(file, LARGEST), length));
            }
        }
        return found;
    }

    private static boolean isSound(Path file) {
        String name = file.getFileName().toString();
        return name.endsWith(".wav") && !name.startsWith(".");
    }

    /** As the file is not trusted, at most {@code most} bytes are unpacked in all. */
    static Map<String, Sound> inZip(Path source, int length, long most) throws IOException {
        Map<String, Sound> found = new TreeMap<>();
        if (!Files.isRegularFile(source)) {
            throw new DataFileException(source, "is not there");
        }
        long left = most;
        try (ZipFile zip = new ZipFile(source.toFile())) {
            for (ZipEntry entry : Collections.list(zip.entries())) {
                if (entry.isDirectory() || !entry.getName().endsWith(".wav")) {
                    continue;
                }
                byte[] bytes = unpacked(source, zip, entry);
                left -= bytes.length;
                if (left < 0) {
                    throw new DataFileException(source, "unpacks to more than " + most + " bytes");
                }
                if (found.put(entry.getName(), sound(source, entry.getName() + " ", bytes, length)) != null) {
                    throw new DataFileException(source, "holds " + entry.getName() + " twice");
                }
            }
        } catch (ZipException | EOFException e) {
            throw new DataFileException(source, "is a damaged zip file: " + e.getMessage());
        }
        return found;
    }

    private static byte[] unpacked(Path source, ZipFile zip, ZipEntry entry) throws IOException {
        try (InputStream in = zip.getInputStream(entry)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new DataFileException(source, entry.getName() + " is larger than " + LARGEST + " bytes");
            }
            return bytes;
        }
    }

    /**
     * The chunks of a RIFF file: "fmt " must say PCM, one channel, 16 bits; "data" holds the samples, of which at most
     * {@code length} are kept.
     */
    private static Sound sound(Path file, String entry, byte[] bytes, int length) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length < 12 || in.getInt(0) != tag("RIFF") || in.getInt(8) != tag("WAVE")) {
            throw new DataFileException(file, entry + "is no RIFF WAVE file");
        }
        boolean understood = false;
        int rate = 0;
        int at = 12;
        while (at + 8 <= bytes.length) {
            int kind = in.getInt(at);
            long size = Integer.toUnsignedLong(in.getInt(at + 4));
            int body = at + 8;
            if (size > bytes.length - body) {
                throw new DataFileException(
                        file,
                        at,
                        entry + "has a chunk of " + size + " bytes, of which " + (bytes.length - body) + " are there");
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
                return new Sound(samples, rate);
            }
            at = (int) Math.min(bytes.length, body + size + (size & 1));
        }
        throw new DataFileException(file, entry + (understood ? "has no data chunk" : "is not mono 16-bit PCM"));
    }

    private static int tag(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
    }

    /** Samples a second, the same in all files. */
    public int rate() {
        return sounds.getFirst().rate;
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
