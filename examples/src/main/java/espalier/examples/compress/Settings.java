package espalier.examples.compress;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The lines {@code key = value} of one section of a recipe. Every value that is asked for has a default, and whatever
 * was never asked for is a mistake in the recipe: {@link #refuseUnknown} names it, its line, and what could stand
 * there.
 */
public final class Settings {
    /**
     * A value and where it was written.
     *
     * @param text what stands right of the sign
     * @param place such as {@code lenet5-71x.recipe, line 12}
     */
    public record Value(String text, String place) {}

    private final String section;
    private final Map<String, Value> values;
    private final Set<String> known = new LinkedHashSet<>();

    /** Of a section. */
    public Settings(String section, Map<String, Value> values) {
        this.section = section;
        this.values = new LinkedHashMap<>(values);
    }

    /** The section's name: the stage's. */
    public String section() {
        return section;
    }

    /** A text, if it is there. */
    public Optional<String> text(String key) {
        known.add(key);
        return Optional.ofNullable(values.get(key)).map(Value::text);
    }

    /** A text, or what stands for it. */
    public String text(String key, String otherwise) {
        return text(key).orElse(otherwise);
    }

    /** A number, if it is there; {@code 5%} is 0.05. */
    public Optional<Double> number(String key) {
        return text(key).map(text -> number(key, text));
    }

    /** A number, or what stands for it. */
    public double number(String key, double otherwise) {
        return number(key).orElse(otherwise);
    }

    /** A number from least to most, or what stands for it. */
    public double within(String key, double otherwise, double least, double most) {
        double value = number(key, otherwise);
        if (!(value >= least && value <= most)) {
            throw wrong(key, value + " is not from " + least + " to " + most);
        }
        return value;
    }

    /** A whole number, or what stands for it. */
    public int whole(String key, int otherwise) {
        double value = number(key, otherwise);
        if (value != Math.rint(value)) {
            throw wrong(key, value + " is not a whole number");
        }
        return (int) value;
    }

    /** Yes or no, or what stands for it. */
    public boolean flag(String key, boolean otherwise) {
        return text(key)
                .map(text -> switch (text.toLowerCase(Locale.ROOT)) {
                    case "yes", "true", "on" -> true;
                    case "no", "false", "off" -> false;
                    default -> throw wrong(key, text + " is neither yes nor no");
                })
                .orElse(otherwise);
    }

    /** One of an enum's constants, written small and with dashes, or what stands for it. */
    public <E extends Enum<E>> E choice(String key, E otherwise) {
        Class<E> type = otherwise.getDeclaringClass();
        return text(key)
                .map(text -> Arrays.stream(type.getEnumConstants())
                        .filter(constant -> written(constant).equals(text.toLowerCase(Locale.ROOT)))
                        .findFirst()
                        .orElseThrow(() -> wrong(
                                key,
                                text + " is none of "
                                        + Arrays.stream(type.getEnumConstants())
                                                .map(Settings::written)
                                                .collect(Collectors.joining(", ")))))
                .orElse(otherwise);
    }

    /** A list such as {@code conv1 100, conv2 8%}: an amount a layer, in order. */
    public Optional<Map<String, String>> layers(String key) {
        return text(key).map(text -> {
            Map<String, String> amounts = new LinkedHashMap<>();
            for (String item : text.split(",", -1)) {
                String[] parts = item.strip().split("\\s+", 2);
                if (parts.length != 2) {
                    throw wrong(key, "'" + item.strip() + "' is not a layer and an amount, such as conv1 100");
                }
                if (amounts.put(parts[0], parts[1]) != null) {
                    throw wrong(key, parts[0] + " is named twice");
                }
            }
            return amounts;
        });
    }

    /** These with another value, as the command line gives it; it wins over the recipe's. */
    public Settings with(String key, String text) {
        Map<String, Value> changed = new LinkedHashMap<>(values);
        changed.put(key, new Value(text, "--" + key));
        return new Settings(section, changed);
    }

    /**
     * A mistake in a value.
     *
     * @return what to throw: a sentence that begins with the place
     */
    public IllegalArgumentException wrong(String key, String what) {
        String place = values.containsKey(key) ? values.get(key).place : "[" + section + "] " + key;
        boolean named = place.endsWith(key); // an option of the command line is a key itself
        return new IllegalArgumentException(place + ": " + (named ? what : key + ": " + what));
    }

    /** Throws if there is a key that nobody asked for. */
    public void refuseUnknown() {
        values.forEach((key, value) -> {
            if (!known.contains(key)) {
                throw new IllegalArgumentException(
                        value.place + ": [" + section + "] knows no " + key + "; it knows " + String.join(", ", known));
            }
        });
    }

    private double number(String key, String text) {
        boolean percent = text.endsWith("%");
        String digits = percent ? text.substring(0, text.length() - 1).strip() : text.replace("_", "");
        try {
            return percent
                    ? new BigDecimal(digits).movePointLeft(2).doubleValue() // 99.99 / 100 would not be 0.9999
                    : Double.parseDouble(digits);
        } catch (NumberFormatException problem) {
            throw wrong(key, text + " is not a number");
        }
    }

    private static String written(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
