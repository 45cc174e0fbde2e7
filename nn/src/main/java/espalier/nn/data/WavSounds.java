package espalier.nn.data;

import espalier.tensor.Shape;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipInputStream;

/**
 * Mono 16-bit PCM sounds, from a folder of {@code .wav} files or a zip of them, each cut or filled with silence to one
 * length: samples {@code [1, length]} from −1 to 1.
 *
 * <pre>{@code
 * // Free Spoken Digit Dataset: recordings/7_jackson_32.wav is a seven
 * Dataset digits = WavSounds.read(zip, 4096, name -> name.charAt(0) - '0', IdxFiles.DIGITS);
 * }</pre>
 */
public final class WavSounds implements Dataset {
    private static final int LARGEST = 1 << 24;

    private final List<short[]> sounds;
    private final List<Integer> labels;
    private final List<String> classes;
    private final int length;

    private WavSounds(List<short[]> sounds, List<Integer> labels, List<String> classes, int length) {
        this.sounds = sounds;
        this.labels = labels;
        this.classes = List.copyOf(classes);
        this.length = length;
    }

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
        List<short[]> sounds = new ArrayList<>();
        List<Integer> labels = new ArrayList<>();
        for (var entry : contents(source).entrySet()) {
            Path file = source.resolve(entry.getKey());
            int label = labelOf.applyAsInt(file.getFileName().toString());
            if (label < 0 || label >= classes.size()) {
                throw new DataFileException(
                        file, "its name gives label " + label + " of " + classes.size() + " classes");
            }
            sounds.add(samples(file, entry.getValue()));
            labels.add(label);
        }
        return new WavSounds(sounds, labels, classes, length);
    }

    private static Map<String, byte[]> contents(Path source) throws IOException {
        Map<String, byte[]> found = new TreeMap<>();
        if (Files.isDirectory(source)) {
            try (Stream<Path> files = Files.list(source)) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".wav")).toList()) {
                    found.put(file.getFileName().toString(), PackedFile.read(file, LARGEST));
                }
            }
            return found;
        }
        byte[] packed = PackedFile.read(source, Integer.MAX_VALUE - 16);
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(packed))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.isDirectory() && entry.getName().endsWith(".wav")) {
                    found.put(entry.getName(), bounded(source, entry, zip));
                }
            }
        } catch (ZipException e) {
            throw new DataFileException(source, "is a damaged zip file: " + e.getMessage());
        }
        return found;
    }

    private static byte[] bounded(Path source, ZipEntry entry, InputStream in) throws IOException {
        byte[] bytes = in.readNBytes(LARGEST + 1);
        if (bytes.length > LARGEST) {
            throw new DataFileException(source, entry.getName() + " is larger than " + LARGEST + " bytes");
        }
        return bytes;
    }

    /** The chunks of a RIFF file: "fmt " must say PCM, one channel, 16 bits; "data" holds the samples. */
    private static short[] samples(Path file, byte[] bytes) throws IOException {
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        try {
            if (in.getInt() != tag("RIFF") || in.position(8).getInt() != tag("WAVE")) {
                throw new DataFileException(file, 0, "is no RIFF WAVE file");
            }
            boolean understood = false;
            while (in.remaining() >= 8) {
                int at = in.position();
                int kind = in.getInt();
                int size = in.getInt();
                if (size < 0 || size > in.remaining()) {
                    throw new DataFileException(file, at, "a chunk of " + size + " bytes does not fit the file");
                }
                if (kind == tag("fmt ")) {
                    int body = in.position();
                    understood = in.getShort(body) == 1 && in.getShort(body + 2) == 1 && in.getShort(body + 14) == 16;
                } else if (kind == tag("data") && understood) {
                    short[] samples = new short[size / 2];
                    in.slice(in.position(), size)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .asShortBuffer()
                            .get(samples);
                    return samples;
                }
                in.position(Math.min(in.limit(), in.position() + size + (size & 1)));
            }
            throw new DataFileException(file, understood ? "has no data chunk" : "is not mono 16-bit PCM");
        } catch (BufferUnderflowException | IndexOutOfBoundsException | IllegalArgumentException e) {
            throw new DataFileException(file, bytes.length, "ends within its header");
        }
    }

    private static int tag(String name) {
        return name.charAt(0) | name.charAt(1) << 8 | name.charAt(2) << 16 | name.charAt(3) << 24;
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
        short[] sound = sounds.get(index);
        for (int i = 0; i < length; i++) {
            into[at + i] = i < sound.length ? sound[i] / 32768f : 0;
        }
    }

    @Override
    public int label(int index) {
        return labels.get(index);
    }
}
