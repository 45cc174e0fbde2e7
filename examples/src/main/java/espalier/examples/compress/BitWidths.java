package espalier.examples.compress;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Bits of each layer's weights, as a section says: {@code bits = 4} for all of them, or {@code bits = conv1 8, fc1 4}
 * for some; the others stay as they are.
 */
final class BitWidths {
    private BitWidths() {}

    /** The word for each weight, by path, in the order of the model. */
    static Map<String, String> words(Settings settings, Workpiece piece, String otherwise) {
        String text = settings.text("bits", otherwise).strip();
        Map<String, String> named = new LinkedHashMap<>();
        if (text.contains(" ") || text.contains(",")) {
            settings.layers("bits").orElseThrow().forEach((layer, word) -> named.put(piece.path(layer), word.strip()));
        } else {
            piece.weights().keySet().forEach(path -> named.put(path, text));
        }
        Map<String, String> inOrder = new LinkedHashMap<>();
        piece.weights().keySet().forEach(path -> {
            String word = named.get(path);
            if (word != null) {
                inOrder.put(path, word);
            }
        });
        return inOrder;
    }

    /** The number of bits for each weight, by path. */
    static Map<String, Integer> numbers(Settings settings, Workpiece piece, String otherwise, int least, int most) {
        Map<String, Integer> numbers = new LinkedHashMap<>();
        words(settings, piece, otherwise)
                .forEach((path, word) -> numbers.put(path, number(settings, path, word, least, most, "")));
        return numbers;
    }

    /**
     * One number of bits.
     *
     * @param orElse what could stand there too, such as {@code ", nor binary or ternary"}
     */
    static int number(Settings settings, String path, String word, int least, int most, String orElse) {
        try {
            int bits = Integer.parseInt(word);
            if (bits >= least && bits <= most) {
                return bits;
            }
        } catch (NumberFormatException notOne) {
            // said below
        }
        throw settings.wrong(
                "bits", path + " is to have '" + word + "', which is not from " + least + " to " + most + orElse);
    }
}
