package espalier.tensor.cpu.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The groups cover the rows, and none of them is small without need. */
class RowGroupsTest {
    private static List<Integer> heights(int rows) {
        List<Integer> heights = new ArrayList<>();
        for (int r = 0; r < rows; r += heights.getLast()) {
            heights.add(RowGroups.height(rows, r));
        }
        return heights;
    }

    @Test
    void coverTheRows() {
        for (int rows = 0; rows < 300; rows++) {
            List<Integer> heights = heights(rows);
            assertEquals(RowGroups.count(rows), heights.size(), "groups of " + rows);
            int start = 0;
            for (int group = 0; group < heights.size(); group++) {
                assertEquals(start, RowGroups.start(rows, group), rows + " rows, group " + group);
                start += heights.get(group);
            }
            assertEquals(rows, start);
            assertEquals(rows, RowGroups.start(rows, heights.size()));
        }
    }

    @Test
    void noneHasOneOrTwoRowsIfThereAreMore() {
        assumeTrue(RowGroups.MOST == 6, "tiles have four rows here");
        for (int rows = 3; rows < 300; rows++) {
            List<Integer> heights = heights(rows);
            assertTrue(heights.stream().allMatch(height -> height >= 3 && height <= 6), heights::toString);
        }
        assertEquals(List.of(6, 6, 4, 4), heights(20));
        assertEquals(List.of(6, 6, 4), heights(16));
        assertEquals(List.of(4, 3), heights(7));
        assertEquals(List.of(1), heights(1));
        assertEquals(List.of(6, 6), heights(12));
    }
}
