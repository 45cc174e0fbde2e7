package espalier.gpu;

import espalier.gpu.opencl.DeviceInfo;
import espalier.tensor.io.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * How the matrix product is cut up. What {@link Tuner} found on a device is kept in a file, a line of numbers; without
 * one the built-in table holds. Results differ in the last bits between tunings, so none is ever made unasked.
 *
 * <p>The folder is that of the system property {@code espalier.gpu.tuning}, {@code off} for none, or
 * {@code ~/.cache/espalier/tuning}.
 *
 * @param depth rows of B that are multiplied at a time; on GPUs, with small tiles
 * @param largeFrom rows and columns from which GPU tiles are large
 * @param largeDepth rows of B at a time with large tiles
 */
record Tuning(int depth, int largeFrom, int largeDepth) {
    private static final int NEVER = Integer.MAX_VALUE;

    /** The built-in table: one row for each flavour, until more devices have been measured. */
    static Tuning builtIn(Flavour flavour) {
        return switch (flavour) {
            case CPU -> new Tuning(256, NEVER, 8);
            case GPU -> new Tuning(16, 512, 8);
        };
    }

    /** All that are worth trying. */
    static List<Tuning> candidates(Flavour flavour) {
        List<Tuning> all = new ArrayList<>();
        switch (flavour) {
            case CPU -> {
                for (int depth : new int[] {64, 128, 256, 512}) {
                    all.add(new Tuning(depth, NEVER, 8));
                }
            }
            case GPU -> {
                for (int depth : new int[] {8, 16, 32}) {
                    for (int largeDepth : new int[] {8, 16}) {
                        for (int from : new int[] {256, 512, 1024, NEVER}) {
                            all.add(new Tuning(depth, from, largeDepth));
                        }
                    }
                }
            }
        }
        return all;
    }

    /** What was kept for a device, or the built-in one. */
    static Tuning of(DeviceInfo device, Flavour flavour) {
        Optional<Path> file = folder().map(folder -> folder.resolve(name(device, flavour)));
        if (file.isEmpty() || !Files.isRegularFile(file.get())) {
            return builtIn(flavour);
        }
        try {
            String text = Files.readString(file.get()).strip();
            return candidates(flavour).stream()
                    .filter(candidate -> candidate.text().equals(text))
                    .findFirst()
                    .orElseGet(() -> builtIn(flavour));
        } catch (IOException unreadable) {
            return builtIn(flavour);
        }
    }

    /** Keeps this for a device; tells where. */
    Optional<Path> keep(DeviceInfo device, Flavour flavour) throws IOException {
        Optional<Path> folder = folder();
        if (folder.isEmpty()) {
            return folder;
        }
        Files.createDirectories(folder.get());
        Path file = folder.get().resolve(name(device, flavour));
        AtomicFile.writeText(file, text() + "\n");
        return Optional.of(file);
    }

    /** {@code depth 16, large from 512 with depth 8}, or {@code depth 16, never large}. */
    String text() {
        return "depth " + depth
                + (largeFrom == NEVER ? ", never large" : ", large from " + largeFrom + " with depth " + largeDepth);
    }

    private static Optional<Path> folder() {
        String named = System.getProperty("espalier.gpu.tuning", "");
        if (named.isEmpty()) {
            return Optional.of(Path.of(System.getProperty("user.home", ""), ".cache", "espalier", "tuning"));
        }
        return named.equals("off") ? Optional.empty() : Optional.of(Path.of(named));
    }

    private static String name(DeviceInfo device, Flavour flavour) {
        String plain = device.name() + " " + device.driver() + " " + flavour;
        return plain.replaceAll("[^A-Za-z0-9.]+", "-") + ".txt";
    }
}
