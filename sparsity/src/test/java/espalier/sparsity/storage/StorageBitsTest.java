package espalier.sparsity.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** The sums, by hand. */
class StorageBitsTest {
    @Test
    void csrTakesTheNarrowestIndices() {
        // 6 non-zeros in [10, 25]: 6·(8 + 5) + 11·⌈log₂ 7⌉ = 78 + 33
        assertEquals(111, StorageBits.csr(10, 25, 6, 8));
        // one column needs no column index; an empty matrix only empty pointers
        assertEquals(4 * 8 + 5 * 3, StorageBits.csr(4, 1, 4, 8));
        assertEquals(0, StorageBits.csr(4, 7, 0, 8));
    }

    @Test
    void masksAndLists() {
        assertEquals(1000 + 50 * 4, StorageBits.bitMask(1000, 50, 4));
        assertEquals(20 + 25 + 60 * 8, StorageBits.structured(20, 25, 60, 8)); // of [20, 25]
        assertEquals(16 * 32, StorageBits.codebook(16));
        assertThrows(IllegalArgumentException.class, () -> StorageBits.bitMask(10, 11, 4));
        assertThrows(IllegalArgumentException.class, () -> StorageBits.csr(2, 2, -1, 4));
        assertThrows(IllegalArgumentException.class, () -> StorageBits.values(-1, 4));
    }

    @Test
    void sharingSixteenWeightsAmongFourValues() {
        assertEquals(3.2, StorageBits.sharingRatio(16, 4)); // Han et al. 2016, figure 3
    }

    @Test
    void widths() {
        long[] choices = {0, 1, 2, 3, 4, 5, 128, 129, 256, 257, 1L << 40, (1L << 40) + 1};
        int[] widths = {0, 0, 1, 2, 2, 3, 7, 8, 8, 9, 40, 41};
        for (int i = 0; i < choices.length; i++) {
            assertEquals(widths[i], StorageBits.widthFor(choices[i]), "for " + choices[i]);
        }
    }

    @Test
    void entropyOfFourSymbols() {
        assertEquals(174.2738, StorageBits.entropy(new long[] {50, 25, 15, 10}), 1e-4);
        assertEquals(2.0 * 12, StorageBits.entropy(new long[] {3, 3, 3, 3}), 1e-12);
        assertEquals(0.0, StorageBits.entropy(new long[] {0, 7, 0}));
        assertEquals(0.0, StorageBits.entropy(new long[0]));
    }

    @Test
    void counting() {
        assertArrayEquals(new long[] {1, 0, 2}, StorageBits.counts(new int[] {2, 0, 2}, 3));
        assertThrows(IllegalArgumentException.class, () -> StorageBits.counts(new int[] {3}, 3));
        assertThrows(IllegalArgumentException.class, () -> StorageBits.counts(new int[] {-1}, 3));
    }
}
