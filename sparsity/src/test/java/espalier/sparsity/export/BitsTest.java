package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Shape;
import espalier.tensor.io.TensorFormatException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Bits, bytes and numbers as they lie in files, and the widths that are chosen for them. */
class BitsTest {
    private static BitReader reader(BitWriter written) {
        byte[] bytes = written.toBytes();
        return new BitReader("test", bytes, 0, bytes.length, 0);
    }

    /** Whatever follows bits begins with a byte of its own. */
    @Test
    void whatFollowsBitsBeginsAnew() throws Exception {
        BitWriter to = new BitWriter();
        to.bits(5, 3);
        to.octets(new byte[] {1, 2});
        to.bits(1, 1);
        to.octet(9);
        to.bits(1, 1);
        to.reals(new float[] {0.5f});
        to.bits(1, 1);
        to.bits(255, 8);
        assertArrayEquals(new byte[] {5, 1, 2, 1, 9, 1, 0, 0, 0, 63, -1, 1}, to.toBytes());
        BitReader from = reader(to);
        assertEquals(5, from.bits(3));
        assertArrayEquals(new byte[] {1, 2}, from.octets(2));
        assertEquals(1, from.bits(1));
        assertEquals(9, from.octet());
        assertEquals(1, from.bits(1));
        assertArrayEquals(new float[] {0.5f}, from.reals(1));
        assertEquals(1, from.bits(1));
        assertEquals(255, from.bits(8));
        from.requireEnd("the test");
    }

    @Test
    void numbersTakeSevenBitsToAByte() throws Exception {
        for (int number : new int[] {0, 127, 128, 129, 16_383, 16_384, Integer.MAX_VALUE}) {
            BitWriter to = new BitWriter();
            to.number(number);
            assertEquals(Math.max(1, (38 - Integer.numberOfLeadingZeros(number)) / 7), to.size(), number + "");
            assertEquals(number, reader(to).number("it", 0, Integer.MAX_VALUE));
        }
    }

    @Test
    void aNaNKeepsItsBits() throws Exception {
        BitWriter to = new BitWriter();
        to.real(Float.intBitsToFloat(0x7fc0_1234));
        assertEquals(0x7fc0_1234, Float.floatToRawIntBits(reader(to).real()));
    }

    /** 2³⁰ floats are 2³² bytes, which no int counts. */
    @Test
    void moreFloatsThanBytesAreRefused() {
        BitWriter to = new BitWriter();
        to.fixed(0, 7);
        TensorFormatException refusal =
                assertThrows(TensorFormatException.class, () -> reader(to).reals(1 << 30));
        assertEquals("1073741824 floats reach beyond the 7 bytes that are left", refusal.reason());
    }

    // ---- codebooks and indices

    private static int bytes(float[] values, String form) {
        PackedTensor packed = PackedTensor.of("w", values, Shape.of(1, values.length), Form.parse(form));
        assertArrayEquals(values, packed.unpack());
        return packed.bytes();
    }

    @Test
    void aCodebookHoldsSixteenBitsOfValuesAndOneZero() {
        float[] most = new float[1 << 16];
        for (int i = 0; i < most.length; i++) {
            most[i] = i;
        }
        assertEquals(3 + 4 * 65_536 + 2 * 65_536, bytes(most, "codebook"));
        float[] more = java.util.Arrays.copyOf(most, most.length + 1);
        more[1 << 16] = 0.5f;
        assertEquals(
                "codebook: w has more than 65536 different values",
                assertThrows(IllegalArgumentException.class, () -> bytes(more, "codebook"))
                        .getMessage());
        PackedTensor zeros = PackedTensor.of("w", new float[] {0, -0.0f, 0}, Shape.of(3), Form.parse("codebook"));
        assertEquals(1 + 4, zeros.bytes(), "one value, and no bits to tell it from others");
    }

    /** 5000 zeros are one run of 13 bits; gaps of 3 take 3 bits each, for 2 bits hold 2 and a bridge. */
    @Test
    void theWidthOfRunsIsTheBest() {
        float[] far = new float[8192];
        far[5000] = 1;
        assertEquals(1 + 1 + 2 + 4, bytes(far, "runs+f32"));
        float[] near = new float[32];
        for (int i = 3; i < 32; i += 4) {
            near[i] = 1;
        }
        assertEquals(1 + 1 + 3 + 4 * 8, bytes(near, "runs+f32"));
    }

    /** With nine of ten elements a mask pays: 1 bit each for 32 of the tenth. */
    @Test
    void fewZerosArePackedToo() {
        float[] values = new float[1000];
        for (int i = 0; i < values.length; i++) {
            values[i] = i % 10 == 0 ? 0 : (float) Math.sin(i);
        }
        PackedTensor packed = Packer.smallest().pack("w", values, Shape.of(1, 1000));
        assertTrue(packed.bytes() <= 125 + 3600, packed::toString);
    }

    /** 0.5 to 508 are no 127 levels of one scale, so each row has its own, wherever its elements stand. */
    @Test
    void theScalesOfRowsMeetTheElementsThatAreHeld() {
        float[] values = {0, 0.5f, -1, 0, 12, 0, 508, 0};
        for (Index index : Index.values()) {
            Form form = new Form(index, Coding.INT8);
            assertArrayEquals(
                    values, PackedTensor.of("w", values, Shape.of(2, 4), form).unpack(), form.toString());
        }
        assertEquals(
                "pack: w [2, 3] has 6 elements, not 8",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> PackedTensor.of("w", values, Shape.of(2, 3), Form.DENSE))
                        .getMessage());
    }

    @Test
    void infinityIsNoMultipleOfAScale() {
        for (String form : new String[] {"int8", "ternary", "binary"}) {
            float[] values = {Float.POSITIVE_INFINITY, Float.POSITIVE_INFINITY};
            assertThrows(IllegalArgumentException.class, () -> bytes(values, form));
        }
    }

    private static void assertRefused(String reason, int columns, String form, Consumer<BitWriter> writing) {
        BitWriter to = new BitWriter();
        writing.accept(to);
        byte[] payload = to.toBytes();
        TensorFormatException refusal = assertThrows(
                TensorFormatException.class,
                () -> PackedTensor.read("test", Shape.of(1, columns), Form.parse(form), payload, 0));
        assertEquals(reason, refusal.reason());
    }

    /** Before anything of that size is made. */
    @Test
    void moreElementsThanBitsAreRefused() {
        for (String form : new String[] {"codebook", "huffman"}) {
            assertRefused("4000000 values of 1 bits reach beyond the end", 4_000_000, form, to -> {
                to.number(2);
                to.reals(new float[] {1, 2});
            });
        }
        for (String form : new String[] {"runs+f32", "gaps+f32"}) {
            assertRefused("the number of elements is 900, not from 0 to 24", 1000, form, to -> {
                to.number(900);
                to.number(1);
            });
        }
        assertRefused("900 columns of 10 bits reach beyond the end", 1000, "rows+f32", to -> {
            to.number(10);
            to.bits(900, 10);
        });
    }
}
