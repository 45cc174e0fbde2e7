package espalier.examples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Recordings that are easily told apart: pure tones, a pitch for each class. */
public final class Tones {
    private Tones() {}

    /** A WAV file, mono, 16 bits, 8,000 Hz: {@code 200·1.3^label} Hz, a little higher and longer each time. */
    public static byte[] wav(int label, int time) {
        int samples = 2000 + 20 * time;
        double pitch = 200 * Math.pow(1.3, label) * (1 + 0.002 * time);
        ByteBuffer wav = ByteBuffer.allocate(44 + 2 * samples).order(ByteOrder.LITTLE_ENDIAN);
        wav.put("RIFF".getBytes(StandardCharsets.US_ASCII)).putInt(36 + 2 * samples);
        wav.put("WAVEfmt ".getBytes(StandardCharsets.US_ASCII)).putInt(16);
        wav.putShort((short) 1).putShort((short) 1).putInt(8000).putInt(16_000);
        wav.putShort((short) 2).putShort((short) 16);
        wav.put("data".getBytes(StandardCharsets.US_ASCII)).putInt(2 * samples);
        for (int n = 0; n < samples; n++) {
            wav.putShort((short) (8000 * Math.sin(2 * Math.PI * pitch * n / 8000)));
        }
        return wav.array();
    }

    /** The same, said to have 16,000 samples a second. */
    public static byte[] fast() {
        byte[] wav = wav(7, 0);
        ByteBuffer.wrap(wav).order(ByteOrder.LITTLE_ENDIAN).putInt(24, 16_000);
        return wav;
    }

    /** Writes {@code folder/train} and {@code folder/val} with so many recordings of each class. */
    public static Path write(Path folder, int train, int val, String... classes) throws IOException {
        for (String name : classes) {
            for (int i = 0; i < train + val; i++) {
                Path of = Files.createDirectories(
                        folder.resolve(i < train ? "train" : "val").resolve(name));
                Files.write(of.resolve(i + ".wav"), wav(3 * List.of(classes).indexOf(name), i));
            }
        }
        return folder;
    }

    /** A zip of a folder, which it holds as one, with the files in an order that is not that of their names. */
    public static Path zipped(Path folder) throws IOException {
        Path zip = folder.resolveSibling(folder.getFileName() + ".zip");
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip));
                Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(Files::isRegularFile)
                    .sorted(Comparator.reverseOrder())
                    .toList()) {
                String name = folder.getParent().relativize(file).toString().replace('\\', '/');
                out.putNextEntry(new ZipEntry(name));
                Files.copy(file, out);
            }
        }
        return zip;
    }
}
