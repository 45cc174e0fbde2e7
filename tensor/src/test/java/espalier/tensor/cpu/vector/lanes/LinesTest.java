package espalier.tensor.cpu.vector.lanes;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.cpu.Scratch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Pieces begin lines, have room, and do not overlap. */
class LinesTest {
    @Test
    void piecesOfAllSizes() {
        Lines lines = new Lines();
        int most = Scratch.HALF_REGION - Scratch.LINE;
        List<Span> taken = new ArrayList<>();
        int[] sizes = {1, 0, 15, 16, 17, 300_000, 300_000, most - 16, most, most + 1, 5};
        for (int size : sizes) {
            Span span = lines.take(size);
            assertEquals(Scratch.LINE % 16, span.at() % 16, "begins a line");
            assertTrue(span.array().length >= Scratch.HALF_REGION, "an array that the collector begins at a line");
            for (int i = 0; i < size; i++) {
                assertEquals(0f, span.array()[span.at() + i]);
            }
            Arrays.fill(span.array(), span.at(), span.at() + size, taken.size() + 1f);
            taken.add(span);
        }
        for (int i = 0; i < sizes.length; i++) {
            Span span = taken.get(i);
            for (int k = 0; k < sizes[i]; k++) {
                assertEquals(i + 1f, span.array()[span.at() + k]);
            }
        }
    }
}
