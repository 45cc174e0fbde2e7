package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import espalier.tensor.io.TensorFormatException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Lies about what is no tensor: texts, steps, inputs, axes and spans, each with the right checksum. */
class ModelCodeTest {
    private static void assertRefused(String reason, Consumer<BitWriter> body) {
        BitWriter content = new BitWriter();
        body.accept(content);
        BitWriter file = new BitWriter();
        file.octets(new byte[] {'E', 'S', 'P', 'K', 1, 0, 0, 0, 0});
        file.octets(content.toBytes());
        file.fixed(0, 4);
        byte[] bytes = PackedModelTest.seal(file.toBytes());
        assertEquals(
                reason,
                assertThrows(TensorFormatException.class, () -> PackedModel.of("m", bytes))
                        .reason());
    }

    /** No texts, an image [1, 1, 1], so many steps; of the first all but its operands. */
    private static void begin(BitWriter to, int steps, int operation, int activation) {
        numbers(to, 0, 3, 1, 1, 1, steps);
        to.text("here");
        to.octet(operation);
        to.octet(activation);
        numbers(to, 1, 0);
    }

    private static void numbers(BitWriter to, long... numbers) {
        for (long number : numbers) {
            to.number(number);
        }
    }

    /** A tensor of floats that says it has elements, and brings none: nothing but zeros, in an index of no rows. */
    private static void zeros(BitWriter to, long... dims) {
        to.octet(Index.RUNS.ordinal() << 4);
        to.number(dims.length);
        numbers(to, dims);
        numbers(to, 2, 0, 1); // two bytes: no elements, runs of one bit
    }

    @Test
    void aTextCannotComeTwice() {
        assertRefused("key 'a' comes twice", to -> {
            to.number(2);
            for (String text : new String[] {"a", "1", "a", "2"}) {
                to.text(text);
            }
        });
    }

    @Test
    void countsHaveTheirRanges() {
        assertRefused("the number of steps is 0, not from 1 to 100000", to -> numbers(to, 0, 1, 2, 0));
        assertRefused("the number of axes is 9, not from 0 to 8", to -> numbers(to, 0, 9));
        assertRefused("the activation is 8, not from 0 to 7", to -> begin(to, 1, 7, 8));
        assertRefused("the number of inputs is 0, not from 1 to 1000", to -> {
            numbers(to, 0, 1, 2, 1);
            to.text("here");
            to.octet(9);
            numbers(to, 0, 0);
        });
    }

    @Test
    void spansAndKernelsAreOfSizesThatNetworksHave() {
        assertRefused("a stride is 4097, not from 0 to 4096", to -> {
            begin(to, 1, 1, 0);
            to.number(4097);
        });
        for (long[] shape : new long[][] {{1, 1, 1}, {1, 1, 4097, 1}, {1, 1, 1, 4097}}) {
            String text = java.util.Arrays.toString(shape);
            assertRefused("weight " + text + " is none of a convolution", to -> {
                begin(to, 1, 1, 0);
                numbers(to, 1, 1, 0, 0, 1, 1, 1);
                zeros(to, shape);
            });
        }
    }

    /** Each of two tensors may be there, but not both: 2²² elements and 4096 for each byte. */
    @Test
    void allTensorsTogetherHaveALimit() {
        long many = 1 << 22;
        assertRefused("a tensor [" + many + "] is larger than a file of this size may hold", to -> {
            begin(to, 1, 3, 0);
            zeros(to, many);
            zeros(to, many);
        });
    }
}
