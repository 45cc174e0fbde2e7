package espalier.sparsity.export;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.io.TensorFormatException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file gives back the model, and a broken one an exception that says where, quickly and in little memory. */
class PackedModelTest {
    private static final PackedModel MODEL = SmallPrograms.everything();

    @TempDir
    private Path folder;

    @Test
    void aFileGivesBackTheModel() throws Exception {
        Path file = folder.resolve("model.espalier");
        MODEL.write(file);
        PackedModel back = PackedModel.read(file);
        assertEquals(MODEL, back);
        assertArrayEquals(MODEL.toBytes(), back.toBytes());
        assertEquals(List.of("a", "b", "c", "d", "e"), back.labels());
        assertEquals(Files.size(file), MODEL.toBytes().length);
        try (var files = Files.list(folder)) {
            assertEquals(1, files.count(), "nothing is left beside it");
        }
    }

    /** What is no tensor: 14 steps with their places, two texts, the shapes. */
    @Test
    void theRestOfTheFileIsSmall() {
        long rest = MODEL.toBytes().length - MODEL.program().bytes();
        assertTrue(rest < 450, () -> rest + " bytes beside the tensors");
    }

    private static TensorFormatException refused(byte[] file) {
        return assertThrows(TensorFormatException.class, () -> PackedModel.of("m", file));
    }

    @Test
    void everyTruncationIsRefused() {
        byte[] file = MODEL.toBytes();
        for (int length = 0; length < file.length; length++) {
            refused(Arrays.copyOf(file, length));
            byte[] sealed = Arrays.copyOf(file, length);
            if (length > 13) {
                refused(seal(sealed)); // the right length and checksum, but the end is gone
            }
        }
        refused(Arrays.copyOf(file, file.length + 1));
        refused(seal(Arrays.copyOf(file, file.length + 1)));
    }

    @Test
    void everyFlippedBitIsRefused() {
        byte[] file = MODEL.toBytes();
        for (int bit = 0; bit < 8 * file.length; bit++) {
            byte[] flipped = file.clone();
            flipped[bit / 8] ^= (byte) (1 << bit % 8);
            refused(flipped);
        }
    }

    /** Whoever can lie can also compute a checksum: nothing but a refusal, or another model that holds together. */
    @Test
    void randomLiesWithTheRightChecksumAreRefusedOrAreModels() {
        Random random = new Random(1);
        byte[] file = MODEL.toBytes();
        int refused = 0;
        for (int round = 0; round < 5_000; round++) {
            byte[] lie = file.clone();
            for (int n = 1 + random.nextInt(3); n > 0; n--) {
                lie[9 + random.nextInt(file.length - 13)] =
                        (byte) (random.nextBoolean() ? random.nextInt(256) : random.nextBoolean() ? 255 : 0);
            }
            try {
                PackedModel other = PackedModel.of("m", seal(lie));
                other.program()
                        .steps()
                        .forEach(step -> step.operation().tensors().forEach(PackedTensor::unpack));
            } catch (TensorFormatException e) {
                assertTrue(e.offset() >= 0 && e.offset() <= file.length, e::getMessage);
                refused++;
            }
        }
        assertTrue(refused > 2_500, refused + " were refused");
    }

    @Test
    void refusalsNameTheByteAndTheReason() {
        byte[] file = MODEL.toBytes();
        byte[] other = file.clone();
        other[0] = 'X';
        assertEquals(
                "m: byte 0: this is no packed model: it does not begin with ESPK",
                refused(other).getMessage());
        byte[] newer = file.clone();
        newer[4] = 2;
        assertEquals(
                "m: byte 4: version 2 is not known here; this reads version 1",
                refused(seal(newer)).getMessage());
        newer[4] = 0;
        assertEquals(
                "m: byte 4: version 0 is not known here; this reads version 1",
                refused(seal(newer)).getMessage());
        byte[] shorter = file.clone();
        shorter[5]--;
        assertEquals(
                "m: byte 5: the file should have " + (file.length - 1) + " bytes, but has " + file.length,
                refused(shorter).getMessage());
        byte[] longer = file.clone();
        longer[8] = 1;
        assertEquals(
                "m: byte 5: the file should have " + (file.length + (1 << 24)) + " bytes, but has " + file.length,
                refused(longer).getMessage());
        byte[] damaged = file.clone();
        damaged[20] ^= 1;
        assertTrue(refused(damaged).reason().contains("the file is damaged"));
    }

    /** A small file with one linear layer, whose bytes are easy to find. */
    private static byte[] linear(BitWriter tensor) {
        BitWriter body = new BitWriter();
        body.number(0); // no metadata
        body.number(1); // input [2]
        body.number(2);
        body.number(1); // one step
        body.text("fc");
        body.octet(2); // linear
        body.octet(0);
        body.number(1); // of value 0
        body.number(0);
        body.octets(tensor.toBytes());
        body.octet(0); // no bias
        BitWriter file = new BitWriter();
        file.octets(new byte[] {'E', 'S', 'P', 'K', 1, 0, 0, 0, 0});
        file.octets(body.toBytes());
        file.fixed(0, 4);
        return seal(file.toBytes());
    }

    private static BitWriter tensor(int form, int rows, int columns, byte... payload) {
        BitWriter to = new BitWriter();
        to.octet(form);
        to.number(2);
        to.number(rows);
        to.number(columns);
        to.number(payload.length);
        to.octets(payload);
        return to;
    }

    private static final int CSR = Index.ROWS.ordinal() << 4;
    private static final int RUNS_BINARY = Index.RUNS.ordinal() << 4 | Coding.BINARY.ordinal();

    @Test
    void liesOfATensorAreFound() throws Exception {
        // one row of two columns, of which column 1 is 1.0: a count of one bit, a column of one bit
        byte[] honest = linear(tensor(CSR, 1, 2, new byte[] {1, 3, 0, 0, (byte) 128, 63}));
        PackedModel model = PackedModel.of("m", honest);
        assertArrayEquals(
                new float[] {0, 1},
                model.program()
                        .steps()
                        .getFirst()
                        .operation()
                        .tensors()
                        .getFirst()
                        .unpack());
        assertReason("there is no form 255", tensor(255, 1, 2));
        assertReason("larger than a file of this size may hold", tensor(CSR, 1 << 20, 1 << 10));
        assertReason("more than 2147483647 elements", tensor(CSR, 1 << 20, 1 << 20));
        assertReason("bytes too many", tensor(CSR, 1, 2, new byte[] {1, 3, 0, 0, (byte) 128, 63, 0}));
        byte[] trailing = {1, 1, 0, 0, 0, 0, (byte) 128, 63, 2}; // one element, run 0, one scale, then bit 1
        assertReason("bits are set after the end", tensor(RUNS_BINARY, 1, 2, trailing));
        assertReason("column 1 of row 0 comes after 1", tensor(CSR, 1, 2, new byte[] {2, 14, 0, 0, 0, 0, 0, 0, 0, 0}));
        assertReason("holds 3 of 2 columns", tensor(CSR, 1, 2, new byte[] {2, 3}));
        assertReason("the width of the counts is 77", tensor(CSR, 1, 2, new byte[] {77}));
        assertReason("lies outside the 2 of the tensor", tensor(RUNS_BINARY, 1, 2, new byte[] {1, 4, 5, 0, 0, 0, 0}));
        assertReason("the number of elements is 3", tensor(RUNS_BINARY, 1, 2, new byte[] {3, 4, 5}));
        assertReason("2 values of 32 bits reach beyond the end", tensor(0, 1, 2, new byte[] {1, 2, 3, 4, 5, 6, 7}));
    }

    /** A tensor [1, 2] of this form, whose payload is written by hand. */
    private static BitWriter lie(Index index, Coding coding, Consumer<BitWriter> writing) {
        BitWriter payload = new BitWriter();
        writing.accept(payload);
        return tensor(index.ordinal() << 4 | coding.ordinal(), 1, 2, payload.toBytes());
    }

    private static void assertLie(String reason, Coding coding, Consumer<BitWriter> writing) {
        assertReason(reason, lie(Index.EVERY, coding, writing));
    }

    @Test
    void liesOfEveryCodingAreFound() {
        for (Coding coding : List.of(Coding.CODEBOOK, Coding.HUFFMAN)) {
            assertLie("the size of the codebook is 0, not from 1 to 65536", coding, to -> to.number(0));
            assertLie("the size of the codebook is 65537", coding, to -> to.number(65_537));
            assertLie("2 values of 32 bits reach beyond the end", coding, to -> {
                to.number(2);
                to.real(1);
            });
        }
        assertLie("value 3 of a codebook of 3", Coding.CODEBOOK, to -> {
            to.number(3);
            List.of(1f, 2f, 3f).forEach(to::real);
            to.bits(2, 2);
            to.bits(3, 2);
        });
        assertLie("symbol 1 has a code of 0 bits", Coding.HUFFMAN, to -> huffman(to, 1, 0));
        assertLie("make no Huffman code", Coding.HUFFMAN, to -> huffman(to, 2, 2)); // half of the bits are no code
        assertLie("the data ends too early", Coding.HUFFMAN, to -> {
            to.number(2);
            to.real(1);
            to.real(2);
            to.bits(1, 5); // the second length is gone
        });
        assertLie("2 values of 16 bits reach beyond the end", Coding.F16, to -> to.fixed(0, 3));
        for (Coding coding : List.of(Coding.INT8, Coding.INT4, Coding.TERNARY, Coding.BINARY)) {
            assertLie("the kind of scales is 4, not from 0 to 3", coding, to -> to.number(4));
            assertLie("1 values of 32 bits reach beyond the end", coding, to -> to.fixed(0, 4));
            for (float scale : new float[] {Float.NaN, -1, Float.POSITIVE_INFINITY}) {
                assertLie("scale 0 is " + scale + "; it must be finite and not negative", coding, to -> {
                    to.number(0);
                    to.real(scale);
                    to.fixed(0, 2);
                });
            }
        }
        assertLie("code -128 is below -127", Coding.INT8, to -> scaled(to, 1, 128));
        assertLie("code -8 is below -7", Coding.INT4, to -> scaled(to, 0x88));
        assertLie("a byte of ternary codes is too large", Coding.TERNARY, to -> scaled(to, 9)); // 3² and more for two
        assertLie("bits are set after the end", Coding.BINARY, to -> scaled(to, 4));
        assertLie("values of 8 bits reach beyond the end", Coding.INT8, to -> scaled(to, 1));
    }

    /** Two values and the lengths of their codes. */
    private static void huffman(BitWriter to, int first, int second) {
        to.number(2);
        to.real(1);
        to.real(2);
        to.bits(first, 5);
        to.bits(second, 5);
        to.fixed(0, 2);
    }

    /** One scale and some bytes of codes. */
    private static void scaled(BitWriter to, int... codes) {
        to.number(0);
        to.real(1);
        for (int code : codes) {
            to.octet(code);
        }
    }

    @Test
    void liesOfEveryIndexAreFound() {
        assertReason("a mask of 2 bits reaches beyond the end", lie(Index.MASK, Coding.F32, _ -> {}));
        assertReason("a mask of 1 bits reaches beyond the end", lie(Index.GRID, Coding.F32, _ -> {}));
        for (Index index : List.of(Index.ROWS, Index.BLOCKS)) {
            assertReason("the width of the counts is 32", lie(index, Coding.F32, to -> to.number(32)));
            assertReason("row 0 holds 7 of 2 columns", lie(index, Coding.F32, to -> {
                to.number(3);
                to.bits(7, 3);
            }));
            assertReason("column 0 of row 0 comes after 1 and must be below 2", lie(index, Coding.F32, to -> {
                to.number(2);
                to.bits(2, 2);
                to.bits(1, 1);
                to.bits(0, 1);
                to.fixed(0, 8);
            }));
        }
        byte[] third = {1, 1 | 3 << 1, 0, 0, 0, 0}; // one column of two bits, which is the fourth of three
        assertReason("column 3 of row 0 comes after -1 and must be below 3", tensor(CSR, 1, 3, third));
        for (Index index : List.of(Index.RUNS, Index.GAPS)) {
            assertReason("the number of elements is 3", lie(index, Coding.F32, to -> {
                to.number(3);
                to.fixed(0, 8);
            }));
            assertReason(
                    "the width of the " + (index == Index.RUNS ? "runs" : "gaps") + " is 99",
                    lie(index, Coding.F32, to -> {
                        to.number(1);
                        to.number(99);
                    }));
        }
        assertReason("element 2 lies outside the 2 of the tensor", lie(Index.GAPS, Coding.F32, to -> {
            to.number(1);
            to.number(1);
            to.bits(1, 1); // two further than −1, and then one more
            to.bits(0, 2);
            to.fixed(0, 4);
        }));
    }

    @Test
    void sizesNobodyCanHoldAreRefused() {
        assertReason("a size is 2147483648, not from 1 to 2147483647", sizes(1L << 31, 2));
        assertReason("a size is 4611686018427387904, not from 1", sizes(1L << 62, 2));
        assertReason("more than 2147483647 elements", sizes(Integer.MAX_VALUE, Integer.MAX_VALUE));
        assertReason("larger than a file of this size may hold", sizes(Integer.MAX_VALUE, 1));
        assertReason("a size is 0, not from 1", sizes(0, 2));
        BitWriter endless = new BitWriter();
        endless.octet(0);
        endless.number(2);
        for (int i = 0; i < 9; i++) {
            endless.octet(128);
        }
        endless.octet(1); // 2⁶³
        assertReason("a size is a number of more than nine bytes", endless);
        for (long length : new long[] {3, Integer.MAX_VALUE}) {
            BitWriter longer = new BitWriter();
            longer.octet(0);
            longer.number(2);
            longer.number(1);
            longer.number(2);
            longer.number(length);
            assertReason(length + " bytes reach beyond the 1 that are left", longer); // whether there is a bias
        }
        BitWriter most = new BitWriter();
        most.octet(0);
        most.number(2);
        most.number(1);
        most.number(2);
        most.number(1L << 31);
        assertReason("the length of a tensor is 2147483648", most);
    }

    private static BitWriter sizes(long rows, long columns) {
        BitWriter to = new BitWriter();
        to.octet(CSR);
        to.number(2);
        to.number(rows);
        to.number(columns);
        to.number(0);
        return to;
    }

    private static void assertReason(String reason, BitWriter tensor) {
        TensorFormatException refusal = refused(linear(tensor));
        assertTrue(refusal.reason().contains(reason), refusal::getMessage);
    }

    @Test
    void whatDoesNotFitTogetherIsRefusedByPlace() throws Exception {
        TensorFormatException refusal = refused(linear(tensor(0, 1, 3, new byte[12])));
        assertEquals("program: fc: linear: weight [1, 3] does not fit input [2]", refusal.reason());
        assertEquals(13, refusal.offset());
        byte[] unknown = linear(tensor(0, 1, 2, new byte[8]));
        PackedModel.of("m", unknown);
        unknown[16] = 99;
        assertEquals(
                "m: byte 16: there is no operation 99", refused(seal(unknown)).getMessage());
        byte[] future = linear(tensor(0, 1, 2, new byte[8]));
        future[19] = 1;
        assertEquals(
                "m: byte 19: an input of step 0 is 1, not from 0 to 0",
                refused(seal(future)).getMessage());
    }

    @Test
    void aProgramThatDoesNotFitIsNotMade() {
        PackedTensor weight = PackedTensor.of("w", new float[6], Shape.of(2, 3), Form.DENSE);
        Operation linear = new Operation.Linear(weight, Optional.empty(), Optional.empty());
        Step step = new Step("fc", linear, List.of(0), Nonlinearity.NONE);
        assertEquals(
                "program: fc: linear: weight [2, 3] does not fit input [4]",
                assertThrows(ShapeException.class, () -> new Program(Shape.of(4), List.of(step)))
                        .getMessage());
        assertThrows(ShapeException.class, () -> new Program(Shape.of(4), List.of()));
        Step future = new Step("fc", linear, List.of(1), Nonlinearity.NONE);
        assertThrows(ShapeException.class, () -> new Program(Shape.of(3), List.of(future)));
    }

    @Test
    void aFileNobodyWouldReadIsNotWritten() {
        Shape huge = Shape.of(1, 1 << 24);
        PackedTensor weight = PackedTensor.of("w", new float[huge.size()], huge, Form.parse("runs+binary"));
        Step step = new Step(
                "fc", new Operation.Linear(weight, Optional.empty(), Optional.empty()), List.of(0), Nonlinearity.NONE);
        PackedModel model = new PackedModel(new Program(Shape.of(1 << 24), List.of(step)), Map.of());
        assertThrows(IllegalArgumentException.class, model::toBytes);
    }

    /** The file with the length and the checksum that it should have. */
    static byte[] seal(byte[] file) {
        byte[] sealed = file.clone();
        ByteBuffer buffer = ByteBuffer.wrap(sealed).order(ByteOrder.LITTLE_ENDIAN);
        buffer.putInt(5, sealed.length);
        CRC32C crc = new CRC32C();
        crc.update(sealed, 0, sealed.length - 4);
        buffer.putInt(sealed.length - 4, (int) crc.getValue());
        return sealed;
    }
}
