package espalier.sparsity.surgery;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** How losses are written: runs of neighbours, and of many runs the first twelve. */
class ChannelGroupTest {
    private static String text(int channels, List<Integer> indices) {
        SequencedMap<Site, List<Integer>> losses = new LinkedHashMap<>();
        losses.put(new Site("conv1.weight", 0), indices);
        return new ChannelGroup("nothing needs it", channels, losses).toString();
    }

    private static List<Integer> everySecond(int count) {
        return IntStream.range(0, count).mapToObj(i -> 2 * i).toList();
    }

    @Test
    void neighboursAreRuns() {
        assertEquals("1 channel: nothing needs it\n    conv1.weight axis 0 loses 3\n", text(1, List.of(3)));
        assertEquals("2 channels: nothing needs it\n    conv1.weight axis 0 loses 3-4\n", text(2, List.of(3, 4)));
        assertEquals(
                "6 channels: nothing needs it\n    conv1.weight axis 0 loses 1, 3-5, 7, 9-10\n",
                text(6, List.of(1, 3, 4, 5, 7, 9, 10)));
    }

    @Test
    void twelveRunsAreShownAndOfMoreTheNumber() {
        String twelve = "0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22";
        assertEquals(
                "12 channels: nothing needs it\n    conv1.weight axis 0 loses " + twelve + "\n",
                text(12, everySecond(12)));
        assertEquals(
                "13 channels: nothing needs it\n    conv1.weight axis 0 loses " + twelve + ", … (13)\n",
                text(13, everySecond(13)));
    }
}
