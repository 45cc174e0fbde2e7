package espalier.sparsity.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.RandomSource;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Worked codes, optimality against every tree of a few symbols, round trips, and bytes that are no stream. */
class HuffmanCodeTest {
    private static int[] lengths(HuffmanCode code) {
        int[] lengths = new int[code.symbols()];
        Arrays.setAll(lengths, code::length);
        return lengths;
    }

    @Test
    void fourSymbols() {
        long[] counts = {50, 25, 15, 10};
        HuffmanCode code = HuffmanCode.of(counts);
        assertArrayEquals(new int[] {1, 2, 3, 3}, lengths(code));
        assertEquals(175, code.bits(counts));
        assertEquals(20, code.tableBits());
        assertEquals(0b0, code.code(0));
        assertEquals(0b10, code.code(1));
        assertEquals(0b110, code.code(2));
        assertEquals(0b111, code.code(3));
        // 0 110 10 111 0 → 01101011 10000000, by hand
        byte[] packed = code.encode(new int[] {0, 2, 1, 3, 0});
        assertArrayEquals(new byte[] {0b0110_1011, (byte) 0b1000_0000}, packed);
        assertArrayEquals(new int[] {0, 2, 1, 3, 0}, code.decode(packed, 5));
    }

    @Test
    void canonicalCodesOfTheDeflateSpecification() {
        // RFC 1951, section 3.2.2: A to H
        HuffmanCode code = new HuffmanCode(new int[] {3, 3, 3, 3, 3, 2, 4, 4});
        int[] codes = {0b010, 0b011, 0b100, 0b101, 0b110, 0b00, 0b1110, 0b1111};
        for (int symbol = 0; symbol < codes.length; symbol++) {
            assertEquals(codes[symbol], code.code(symbol));
        }
    }

    /** The least bits of any complete tree: joins every two parts in turn. */
    private static long leastBits(long[] weights) {
        if (weights.length < 2) {
            return 0;
        }
        long least = Long.MAX_VALUE;
        for (int i = 0; i < weights.length; i++) {
            for (int j = i + 1; j < weights.length; j++) {
                long[] joined = new long[weights.length - 1];
                int at = 0;
                for (int k = 0; k < weights.length; k++) {
                    if (k != i && k != j) {
                        joined[at++] = weights[k];
                    }
                }
                joined[at] = weights[i] + weights[j];
                least = Math.min(least, weights[i] + weights[j] + leastBits(joined));
            }
        }
        return least;
    }

    @Test
    void noTreeIsBetter() {
        RandomSource random = RandomSource.of(5);
        for (int trial = 0; trial < 20; trial++) {
            long[] counts = new long[6];
            Arrays.setAll(counts, i -> 1 + (long) (40 * Math.pow(random.nextDouble(), 3)));
            assertEquals(leastBits(counts), HuffmanCode.of(counts).bits(counts));
        }
    }

    @Test
    void roundTripsNearTheEntropy() {
        RandomSource random = RandomSource.of(11);
        for (int symbols : new int[] {1, 2, 3, 17, 256}) {
            int[] stream = new int[4999];
            Arrays.setAll(stream, i -> (int) (symbols * Math.pow(random.nextDouble(), 4)));
            long[] counts = StorageBits.counts(stream, symbols);
            HuffmanCode code = HuffmanCode.of(counts);
            byte[] packed = code.encode(stream);
            long bits = code.bits(counts);
            assertEquals((bits + 7) / 8, packed.length);
            assertArrayEquals(stream, new HuffmanCode(lengths(code)).decode(packed, stream.length));
            assertTrue(bits >= StorageBits.entropy(counts) - 1e-6);
            assertTrue(bits <= StorageBits.entropy(counts) + stream.length); // within a bit a symbol
        }
    }

    @Test
    void aLoneSymbolTakesOneBitAndNoneTakeNothing() {
        HuffmanCode lone = HuffmanCode.of(new long[] {0, 9, 0});
        assertArrayEquals(new int[] {0, 1, 0}, lengths(lone));
        assertArrayEquals(new int[] {1, 1, 1}, lone.decode(lone.encode(new int[] {1, 1, 1}), 3));
        HuffmanCode none = HuffmanCode.of(new long[3]);
        assertEquals(0, none.encode(new int[0]).length);
        assertEquals(0, none.decode(new byte[0], 0).length);
    }

    @Test
    void countsLikeFibonacciNumbersStayWithinTheLongestCode() {
        long[] counts = new long[50];
        counts[0] = 1;
        counts[1] = 1;
        for (int i = 2; i < counts.length; i++) {
            counts[i] = counts[i - 1] + counts[i - 2]; // a code of 49 bits, if nothing were done
        }
        HuffmanCode code = HuffmanCode.of(counts);
        int longest = Arrays.stream(lengths(code)).max().orElseThrow();
        assertTrue(longest <= HuffmanCode.MAX_LENGTH, "longest " + longest);
        int[] stream = {0, 49, 1, 25, 2, 0};
        assertArrayEquals(stream, code.decode(code.encode(stream), stream.length));
    }

    @Test
    void mistakes() {
        HuffmanCode code = HuffmanCode.of(new long[] {5, 0, 5});
        assertThrows(IllegalArgumentException.class, () -> code.encode(new int[] {1}));
        assertThrows(IllegalArgumentException.class, () -> code.encode(new int[] {3}));
        assertThrows(IllegalArgumentException.class, () -> code.encode(new int[] {-1}));
        assertThrows(IllegalArgumentException.class, () -> code.bits(new long[] {1, 1, 1}));
        assertThrows(IllegalArgumentException.class, () -> HuffmanCode.of(new long[] {-1, 1}));
    }

    @Test
    void lengthsThatAreNoCodeAreRefused() {
        assertThrows(IllegalArgumentException.class, () -> new HuffmanCode(new int[] {1, 1, 1}));
        assertThrows(IllegalArgumentException.class, () -> new HuffmanCode(new int[] {1, 2, 2, 31}));
        assertThrows(IllegalArgumentException.class, () -> new HuffmanCode(new int[] {32}));
        assertThrows(IllegalArgumentException.class, () -> new HuffmanCode(new int[] {-1}));
    }

    @Test
    void bytesThatAreNoStreamAreRefused() {
        HuffmanCode code = HuffmanCode.of(new long[] {50, 25, 15, 10});
        byte[] packed = code.encode(new int[] {3, 3, 3});
        assertThrows(IllegalArgumentException.class, () -> code.decode(new byte[] {packed[0]}, 3)); // cut off
        assertThrows(IllegalArgumentException.class, () -> code.decode(packed, Integer.MAX_VALUE)); // before allocating
        assertThrows(IllegalArgumentException.class, () -> code.decode(packed, -1));
        HuffmanCode gaps = new HuffmanCode(new int[] {2, 2}); // 00 and 01
        assertThrows(IllegalArgumentException.class, () -> gaps.decode(new byte[] {-1, -1, -1, -1, -1}, 1));
        assertThrows(IllegalArgumentException.class, () -> new HuffmanCode(new int[3]).decode(new byte[9], 1));
        RandomSource random = RandomSource.of(2);
        for (int trial = 0; trial < 500; trial++) {
            byte[] noise = new byte[random.nextInt(12)];
            for (int i = 0; i < noise.length; i++) {
                noise[i] = (byte) random.nextInt(256);
            }
            try {
                for (int symbol : gaps.decode(noise, random.nextInt(20))) {
                    assertTrue(symbol == 0 || symbol == 1);
                }
            } catch (IllegalArgumentException expected) {
                assertTrue(expected.getMessage().startsWith("huffman: "));
            }
        }
    }
}
