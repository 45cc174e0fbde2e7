package espalier.examples.compress;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What is to be done to a network, as a small text: first what it is and what it learns from, then a section a stage,
 * in the order in which they are run.
 *
 * <pre>
 * model = lenet5
 * data  = mnist
 *
 * [train]            # the dense network
 * epochs = 10
 *
 * [admm]
 * keep   = conv1 100, conv2 2000, fc1 3600, fc2 350
 * epochs = 12
 *
 * [retrain]
 * epochs = 8
 * </pre>
 *
 * <p>What follows a {@code #} is a remark. A section may come more than once: pruning in two steps is two sections.
 *
 * @param name what it is called: its file's name
 * @param start what stands before the first section
 * @param stages the sections
 */
public record Recipe(String name, Settings start, List<Settings> stages) {
    /** Copies the list. */
    public Recipe {
        stages = List.copyOf(stages);
    }

    /**
     * Reads a file.
     *
     * @throws IllegalArgumentException naming the line that is none of a recipe
     */
    public static Recipe read(Path file) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(file);
        } catch (FileSystemException missing) {
            throw missing; // says which file
        } catch (IOException problem) {
            throw new IOException(file + ": cannot be read as a text (" + problem.getMessage() + ")", problem);
        }
        return parse(String.valueOf(file.getFileName()), lines);
    }

    /**
     * This recipe with another value for a line of a section, {@code start} being what stands before the first.
     *
     * @throws IllegalArgumentException if there is no such section
     */
    public Recipe with(String section, String key, String value) {
        if (section.equals(start.section())) {
            return new Recipe(name, start.with(key, value), stages);
        }
        if (stages.stream().noneMatch(stage -> stage.section().equals(section))) {
            throw new IllegalArgumentException(name + " has no section [" + section + "]; it has "
                    + String.join(", ", stages.stream().map(Settings::section).toList()));
        }
        return new Recipe(
                name,
                start,
                stages.stream()
                        .map(stage -> stage.section().equals(section) ? stage.with(key, value) : stage)
                        .toList());
    }

    static Recipe parse(String name, List<String> lines) {
        List<Settings> sections = new ArrayList<>();
        Map<String, Settings.Value> values = new LinkedHashMap<>();
        String section = "start";
        for (int i = 0; i < lines.size(); i++) {
            String place = name + ", line " + (i + 1);
            String line = lines.get(i).split("#", 2)[0].strip();
            int sign = line.indexOf('=');
            if (line.startsWith("[") && line.endsWith("]")) {
                sections.add(new Settings(section, values));
                section = line.substring(1, line.length() - 1).strip();
                values = new LinkedHashMap<>();
            } else if (sign > 0) {
                String key = line.substring(0, sign).strip();
                Settings.Value value =
                        new Settings.Value(line.substring(sign + 1).strip(), place);
                if (values.put(key, value) != null) {
                    throw new IllegalArgumentException(place + ": [" + section + "] says twice what " + key + " is");
                }
            } else if (!line.isEmpty()) {
                throw new IllegalArgumentException(
                        place + ": '" + line + "' is neither [a stage], nor key = value, nor a # remark");
            }
        }
        sections.add(new Settings(section, values));
        return new Recipe(name, sections.getFirst(), sections.subList(1, sections.size()));
    }
}
