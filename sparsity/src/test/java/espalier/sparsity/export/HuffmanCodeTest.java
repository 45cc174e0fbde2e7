package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class HuffmanCodeTest {
    @Test
    void lengthsOfTheTextbookExample() {
        HuffmanCode code = HuffmanCode.of(new long[] {50, 25, 15, 10});
        assertArrayEquals(
                new int[] {1, 2, 3, 3}, IntStream.range(0, 4).map(code::length).toArray());
    }

    @Test
    void whatIsWrittenIsRead() throws Exception {
        Random random = new Random(1);
        for (int alphabet : new int[] {1, 2, 3, 17, 300}) {
            int[] symbols = random.ints(1000, 0, alphabet)
                    .map(i -> i * random.nextInt(2))
                    .toArray();
            long[] counts = new long[alphabet];
            for (int symbol : symbols) {
                counts[symbol]++;
            }
            BitWriter to = new BitWriter();
            HuffmanCode.of(counts).write(symbols, to);
            byte[] bytes = to.toBytes();
            BitReader from = new BitReader("test", bytes, 0, bytes.length, 0);
            assertArrayEquals(symbols, HuffmanCode.read(alphabet, symbols.length, from));
        }
    }

    /** Fibonacci numbers make the deepest trees. */
    @Test
    void noWordIsLongerThanTheLimit() {
        long[] counts = new long[60];
        counts[0] = 1;
        counts[1] = 1;
        for (int i = 2; i < counts.length; i++) {
            counts[i] = counts[i - 1] + counts[i - 2];
        }
        HuffmanCode code = HuffmanCode.of(counts);
        double room = 0;
        for (int i = 0; i < counts.length; i++) {
            assertTrue(code.length(i) <= HuffmanCode.LONGEST);
            room += Math.pow(2, -code.length(i));
        }
        assertEquals(1, room, 0);
    }
}
