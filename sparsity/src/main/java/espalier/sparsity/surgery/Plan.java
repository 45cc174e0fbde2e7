package espalier.sparsity.surgery;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a {@link Surgeon} is going to cut, and why; what it leaves, and why; and the size of the network before and
 * after. Print it before it runs.
 */
public final class Plan {
    final Wiring wiring;
    final Set<Integer> leaving;
    final Map<String, double[]> folds;
    final boolean exact;
    private final List<ChannelGroup> groups;
    private final List<String> kept;
    private final Size before;
    private final Size after;

    Plan(
            Wiring wiring,
            Map<Integer, String> leaving,
            Map<Integer, String> kept,
            Map<String, double[]> folds,
            boolean exact,
            Sizes sizes) {
        this.wiring = wiring;
        this.leaving = new LinkedHashSet<>(leaving.keySet());
        this.folds = folds;
        this.exact = exact;
        this.groups = grouped(wiring, leaving);
        this.kept = sentences(wiring, kept);
        this.before = sizes.without(Set.of());
        this.after = sizes.without(this.leaving);
    }

    private static List<ChannelGroup> grouped(Wiring wiring, Map<Integer, String> leaving) {
        Map<Integer, TreeMap<Site, List<Integer>>> places = new TreeMap<>();
        wiring.sites.forEach((site, channels) -> {
            for (int i = 0; i < channels.length; i++) {
                if (leaving.containsKey(channels[i])) {
                    places.computeIfAbsent(channels[i], c -> new TreeMap<>())
                            .computeIfAbsent(site, s -> new ArrayList<>())
                            .add(i);
                }
            }
        });
        Map<List<Object>, List<Integer>> alike = new LinkedHashMap<>();
        places.forEach((channel, at) -> alike.computeIfAbsent(
                        List.of(List.copyOf(at.keySet()), leaving.getOrDefault(channel, "")), key -> new ArrayList<>())
                .add(channel));
        return alike.values().stream()
                .map(channels -> group(wiring, leaving.getOrDefault(channels.getFirst(), ""), channels))
                .toList();
    }

    private static ChannelGroup group(Wiring wiring, String why, List<Integer> channels) {
        Set<Integer> members = new TreeSet<>(channels);
        LinkedHashMap<Site, List<Integer>> losses = new LinkedHashMap<>();
        wiring.sites.forEach((site, all) -> {
            List<Integer> indices = new ArrayList<>();
            for (int i = 0; i < all.length; i++) {
                if (members.contains(all[i])) {
                    indices.add(i);
                }
            }
            if (!indices.isEmpty()) {
                losses.put(site, List.copyOf(indices));
            }
        });
        return new ChannelGroup(why, channels.size(), losses);
    }

    /** One sentence for all indices of an axis that stay for the same reason. */
    private static List<String> sentences(Wiring wiring, Map<Integer, String> kept) {
        Map<String, List<Integer>> indices = new LinkedHashMap<>();
        Set<Integer> told = new TreeSet<>();
        wiring.sites.forEach((site, channels) -> {
            for (int i = 0; i < channels.length; i++) {
                if (kept.containsKey(channels[i]) && told.add(channels[i])) {
                    indices.computeIfAbsent(site + ": " + kept.get(channels[i]) + ": index", key -> new ArrayList<>())
                            .add(i);
                }
            }
        });
        return indices.entrySet().stream()
                .map(entry -> entry.getKey() + " "
                        + entry.getValue().stream().map(String::valueOf).collect(Collectors.joining(", ")))
                .toList();
    }

    /** The channels that go, by the places they go from. */
    public List<ChannelGroup> groups() {
        return groups;
    }

    /** A sentence for channels that could have gone but stay. */
    public List<String> kept() {
        return kept;
    }

    /** How many channels go. */
    public int channels() {
        return leaving.size();
    }

    /** The network as it is. */
    public Size before() {
        return before;
    }

    /** The network as it will be. */
    public Size after() {
        return after;
    }

    /**
     * What is cut, in a line of text with which {@link Surgeon#repeat} cuts another network of the same shapes in the
     * same way: {@code conv1.weight:0:1,5 conv2.weight:0:7}.
     */
    public String encoded() {
        Map<Site, Set<Integer>> first = new LinkedHashMap<>();
        Set<Integer> told = new TreeSet<>();
        wiring.sites.forEach((site, channels) -> {
            for (int i = 0; i < channels.length; i++) {
                if (leaving.contains(channels[i]) && told.add(channels[i])) {
                    first.computeIfAbsent(site, s -> new TreeSet<>()).add(i);
                }
            }
        });
        return first.entrySet().stream()
                .map(entry -> entry.getKey().path() + ":" + entry.getKey().axis() + ":"
                        + entry.getValue().stream().map(String::valueOf).collect(Collectors.joining(",")))
                .collect(Collectors.joining(" "));
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        groups.forEach(text::append);
        kept.forEach(sentence -> text.append("kept: ").append(sentence).append('\n'));
        return text.append("before: ")
                .append(before)
                .append("\nafter:  ")
                .append(after)
                .append('\n')
                .toString();
    }
}
