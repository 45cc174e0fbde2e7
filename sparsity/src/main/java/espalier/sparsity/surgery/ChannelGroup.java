package espalier.sparsity.surgery;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * Channels that leave from the same places for the same reason.
 *
 * @param why the reason
 * @param channels how many
 * @param losses for every axis that gets shorter the indices that go; a channel can have several, as behind a flatten
 */
public record ChannelGroup(String why, int channels, SequencedMap<Site, List<Integer>> losses) {
    private static final int MOST_SHOWN = 12;

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        text.append(channels)
                .append(channels == 1 ? " channel: " : " channels: ")
                .append(why)
                .append('\n');
        for (Map.Entry<Site, List<Integer>> loss : losses.entrySet()) {
            text.append("    ")
                    .append(loss.getKey())
                    .append(" loses ")
                    .append(brief(loss.getValue()))
                    .append('\n');
        }
        return text.toString();
    }

    /** Runs of neighbours as {@code 3-7}; of many only the first. */
    private static String brief(List<Integer> indices) {
        List<String> runs = new ArrayList<>();
        int start = 0;
        for (int i = 1; i <= indices.size(); i++) {
            if (i == indices.size() || indices.get(i) != indices.get(i - 1) + 1) {
                int first = indices.get(start);
                int last = indices.get(i - 1);
                runs.add(first == last ? "" + first : first + "-" + last);
                start = i;
            }
        }
        String shown = runs.stream().limit(MOST_SHOWN).collect(Collectors.joining(", "));
        return runs.size() > MOST_SHOWN ? shown + ", … (" + indices.size() + ")" : shown;
    }
}
