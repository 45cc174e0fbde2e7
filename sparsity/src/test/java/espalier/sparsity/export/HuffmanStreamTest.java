package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.io.TensorFormatException;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Symbols in bits and back, and lengths of codes that a file should not have. */
class HuffmanStreamTest {
    @Test
    void whatIsWrittenIsRead() throws Exception {
        Random random = new Random(1);
        for (int alphabet : new int[] {1, 2, 3, 17, 300}) {
            int[] symbols = IntStream.range(0, 1000 + alphabet)
                    .map(i -> i < alphabet ? i : random.nextInt(alphabet) * random.nextInt(2))
                    .toArray();
            long[] counts = new long[alphabet];
            for (int symbol : symbols) {
                counts[symbol]++;
            }
            BitWriter to = new BitWriter();
            HuffmanStream.write(symbols, counts, to);
            byte[] bytes = to.toBytes();
            BitReader from = new BitReader("test", bytes, 0, bytes.length, 0);
            assertArrayEquals(symbols, HuffmanStream.read(alphabet, symbols.length, from));
        }
    }

    /** A reader trusts no lengths: 0 bits, too many short codes, and codes that leave a gap. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            0 2 2 | symbol 0 has a code of 0 bits
            1 1 2 | huffman: no code has these lengths: there are too many short ones
            2 2 2 | the lengths of the codes make no Huffman code: some bits would be no code
            1     | symbol 0 has a code of 1 bits
            """)
    void lengthsThatMakeNoCodeAreRefused(String lengths, String reason) {
        BitWriter to = new BitWriter();
        int[] all =
                Arrays.stream(lengths.split(" ")).mapToInt(Integer::parseInt).toArray();
        for (int length : all) {
            to.bits(length, 5);
        }
        to.bits(0, 32);
        byte[] bytes = to.toBytes();
        BitReader from = new BitReader("test", bytes, 0, bytes.length, 0);
        Exception refused = assertThrows(TensorFormatException.class, () -> HuffmanStream.read(all.length, 4, from));
        assertTrue(String.valueOf(refused.getMessage()).contains(reason), refused.getMessage());
    }
}
