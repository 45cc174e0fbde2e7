package espalier.tensor.io;

import static espalier.tensor.io.HostileFiles.assertRefused;
import static espalier.tensor.io.HostileFiles.npy;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class NpyTest {
    private static final Device DEVICE = Device.reference();

    @TempDir
    private Path folder;

    private static Tensor read(byte[] file) throws IOException {
        return Npy.read("test", new ByteArrayInputStream(file), file.length, DEVICE);
    }

    /**
     * What NumPy 2.4 writes for {@code numpy.arange(6, dtype='<f4').reshape(2, 3)}: 118 bytes of header, 24 of data.
     */
    private static byte[] knownFile() {
        String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
        byte[] file = new byte[128 + 24];
        Arrays.fill(file, 0, 128, (byte) ' ');
        System.arraycopy(HexFormat.of().parseHex("934e554d505901007600"), 0, file, 0, 10);
        System.arraycopy(header.getBytes(StandardCharsets.US_ASCII), 0, file, 10, header.length());
        file[127] = '\n';
        byte[] data = HexFormat.of().parseHex("000000000000803f0000004000004040000080400000a040");
        System.arraycopy(data, 0, file, 128, 24);
        return file;
    }

    @Test
    void readsAKnownFile() throws IOException {
        Tensor read = Npy.read(Files.write(folder.resolve("known.npy"), knownFile()), DEVICE);
        assertEquals(DType.F32, read.dtype());
        assertEquals(Shape.of(2, 3), read.shape());
        assertArrayEquals(new float[] {0, 1, 2, 3, 4, 5}, read.toFloats());
    }

    @Test
    void writesWhatNumPyReads() throws IOException {
        Path path = folder.resolve("written.npy");
        Npy.write(path, Tensor.of(DEVICE, new float[] {0, 1, 2, 3, 4, 5}, Shape.of(2, 3)));
        byte[] known = knownFile();
        assertArrayEquals(known, Files.readAllBytes(path));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            <f8 | F64  | 000000000000f03f00000000000004c0 | 1, -2.5
            >f8 | F64  | 3ff0000000000000c004000000000000 | 1, -2.5
            <f4 | F32  | 0000803f000020c0                 | 1, -2.5
            >f4 | F32  | 3f800000c0200000                 | 1, -2.5
            <f2 | F16  | 003c00c1                         | 1, -2.5
            >f2 | F16  | 3c00c100                         | 1, -2.5
            <i8 | I64  | 0100000000000000feffffffffffffff | 1, -2
            >i8 | I64  | 0000000000000001fffffffffffffffe | 1, -2
            <i4 | I32  | 01000000feffffff                 | 1, -2
            >i4 | I32  | 00000001fffffffe                 | 1, -2
            !i1 | I8   | 01fe                             | 1, -2
            >i1 | I8   | 01fe                             | 1, -2
            !u1 | U8   | 01fe                             | 1, 254
            !b1 | BOOL | 0100                             | 1, 0
            """)
    void readsEveryTypeAndByteOrder(String code, DType dtype, String data, String values) throws IOException {
        String header = "{'descr': '" + code.replace('!', '|') + "', 'fortran_order': False, 'shape': (2,), }\n";
        Tensor read = read(npy(header, HexFormat.of().parseHex(data)));
        assertEquals(dtype, read.dtype());
        double[] expected = Arrays.stream(values.split(","))
                .mapToDouble(Double::parseDouble)
                .toArray();
        assertArrayEquals(expected, read.toDoubles());
    }

    @Test
    void fortranOrderIsTransposedOnReading() throws IOException {
        byte[] columns = {1, 3, 5, 2, 4, 6}; // [1 2; 3 4; 5 6] column by column
        Tensor read = read(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (3, 2), }", columns));
        assertEquals(Shape.of(3, 2), read.shape());
        assertTrue(read.layout().isContiguous());
        assertArrayEquals(new int[] {1, 2, 3, 4, 5, 6}, read.toInts());
        byte[] cube = new byte[24]; // element (i, j, k) at i + 2j + 6k holds its row-major place 12i + 4j + k
        for (int i = 0; i < 24; i++) {
            cube[i % 2 + i / 4 % 3 * 2 + i % 4 * 6] = 0;
        }
        for (int i = 0; i < 2; i++) {
            for (int j = 0; j < 3; j++) {
                for (int k = 0; k < 4; k++) {
                    cube[i + 2 * j + 6 * k] = (byte) (12 * i + 4 * j + k);
                }
            }
        }
        Tensor three = read(npy("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 3, 4), }", cube));
        assertArrayEquals(IntStream.range(0, 24).toArray(), three.toInts());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {'descr': '!u1', 'fortran_order': False, 'shape': ()}            | []
            {"shape":(1,1,),"fortran_order":False,"descr":"!u1"}             | [1, 1]
            {'fortran_order': True, 'descr': '!u1', 'shape': ( 1 , ), }      | [1]
            `{\t'fortran_order' : True ,'descr':'!u1',\n'shape':(1,1,1)}\r\n` | [1, 1, 1]
            """)
    void theDictionaryMayBeWrittenInAnyWay(String dictionary, String shape) throws IOException {
        assertEquals(
                shape,
                read(npy(dictionary.replace('!', '|'), new byte[] {7})).shape().toString());
    }

    @Test
    void versionsTwoAndThreeHaveALongerLength() throws IOException {
        byte[] text = "{'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n".getBytes(StandardCharsets.US_ASCII);
        for (int version : new int[] {2, 3}) {
            byte[] file = new byte[12 + text.length + 1];
            System.arraycopy(NpyHeader.MAGIC, 0, file, 0, 6);
            file[6] = (byte) version;
            file[8] = (byte) text.length;
            System.arraycopy(text, 0, file, 12, text.length);
            file[12 + text.length] = 42;
            assertEquals(42, read(file).item());
            file[11] = (byte) 0x80; // length 2147483648 + 58
            assertRefused(8, "header of 2147483706 bytes reaches beyond the file of 71", () -> read(file));
        }
    }

    @Test
    void everyTypeShapeAndViewComesBackBitForBit() throws IOException {
        Random random = new Random(6);
        for (DType dtype : DType.values()) {
            for (Shape shape : RandomTensors.shapes(random)) {
                Tensor tensor = RandomTensors.of(random, DEVICE, dtype, shape);
                Path path = folder.resolve("x.npy");
                Npy.write(path, tensor);
                RandomTensors.assertSame(tensor, Npy.read(path, DEVICE));
                assertEquals(0, (Files.size(path) - tensor.toBytes().length) % 64);
                if (shape.rank() > 1) {
                    Tensor view = tensor.transpose(0, shape.rank() - 1).flip(0);
                    Npy.write(path, view);
                    RandomTensors.assertSame(view.copy(), Npy.read(path, DEVICE));
                }
            }
        }
    }

    @Test
    void anArrayLargerThanTheBufferComesBackWhole() throws IOException {
        Tensor tensor = Tensor.arange(DEVICE, 0, 3 * (1 << 18) + 7);
        Path path = folder.resolve("large.npy");
        Npy.write(path, tensor);
        RandomTensors.assertSame(tensor, Npy.read(path, DEVICE));
        RandomTensors.assertSame(tensor, read(Files.readAllBytes(path)));
    }

    /** The dictionary begins at byte 10; ^ stands before the byte that the refusal must name. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            ^[]                                                              | expected '{' at the beginning
            {'descr': ^'O', 'fortran_order': False, 'shape': (1,)}           | Python objects in a pickle, which is never loaded
            {'descr': ^'!O', 'fortran_order': False, 'shape': (1,)}          | Python objects in a pickle, which is never loaded
            {'descr': ^[('a', '<f4')], 'fortran_order': False, 'shape': (1,)} | a structured type cannot be a tensor
            {'descr': ^'<u2', 'fortran_order': False, 'shape': (1,)}         | descr "<u2" is not one of [<f8, <f4, <f2, <i8, <i4, !i1, !u1, !b1]
            {'descr': ^'<c8', 'fortran_order': False, 'shape': (1,)}         | descr "<c8" is not one of
            {'descr': ^'<U1', 'fortran_order': False, 'shape': (1,)}         | descr "<U1" is not one of
            {'descr': ^'=f4', 'fortran_order': False, 'shape': (1,)}         | descr "=f4" is not one of
            {'descr': ^'!f4', 'fortran_order': False, 'shape': (1,)}         | descr "!f4" is not one of
            {'descr': ^'f4', 'fortran_order': False, 'shape': (1,)}          | descr "f4" is not one of
            {'descr': ^'', 'fortran_order': False, 'shape': (1,)}            | descr "" is not one of
            {'descr': '^\\x3cf4', 'fortran_order': False, 'shape': (1,)}     | expected plain ASCII in descr
            {'descr': '^ÿ', 'fortran_order': False, 'shape': (1,)}           | expected plain ASCII in descr, found byte 0xff
            {'descr': ^f4, 'fortran_order': False, 'shape': (1,)}            | expected a string for descr, found 'f'
            {'descr': '!u1', 'fortran_order': ^0, 'shape': (1,)}             | fortran_order must be True or False
            {'descr': '!u1', 'fortran_order': ^false, 'shape': (1,)}         | fortran_order must be True or False
            {'descr': '!u1', 'fortran_order': False, 'shape': ^[1]}          | expected '(' for shape, found '['
            {'descr': '!u1', 'fortran_order': False, 'shape': ^(1)}          | shape is a number in parentheses
            {'descr': '!u1', 'fortran_order': False, 'shape': (^-1,)}        | size in shape is negative
            {'descr': '!u1', 'fortran_order': False, 'shape': (^1.0,)}       | size in shape is not a whole number
            {'descr': '!u1', 'fortran_order': False, 'shape': (^01,)}        | size in shape has a leading zero
            {'descr': '!u1', 'fortran_order': False, 'shape': (1^L,)}        | expected ')' or ',' in shape, found 'L'
            {'descr': '!u1', 'fortran_order': False, 'shape': (1,^,)}        | size in shape must be a whole number, found ','
            {'descr': '!u1', 'fortran_order': False, 'shape': (^2**3,)}      | expected ')' or ',' in shape, found '*'
            {'descr': '!u1', 'fortran_order': False, 'shape': (^len('a'),)}  | size in shape must be a whole number, found 'l'
            {'descr': '!u1', 'fortran_order': False, 'shape': (^2147483648,)} | size 2147483648 in shape is above 2147483647
            {'descr': '!u1', 'fortran_order': False, 'shape': ^(65536, 65536)} | has more than 2147483647 elements
            {'descr': '!u1', ^'descr': '!u1', 'shape': (1,)}                 | key "descr" comes twice
            {'descr': '!u1', ^'order': False, 'shape': (1,)}                 | unknown key "order"
            {'descr': '!u1', 'shape': (1,)}^                                 | the header has no key 'fortran_order'
            {'fortran_order': False, 'shape': (1,)}^                         | the header has no key 'descr'
            {'descr': '!u1', 'fortran_order': False}^                        | the header has no key 'shape'
            {'descr': '!u1' ^'shape': (1,)}                                  | expected '}' or ',' after a value
            {'descr'^, '!u1'}                                                | expected ':' after a key
            {'descr': '!u1', 'fortran_order': False, 'shape': (1,)} ^+ {}    | nothing but blanks may follow the header's closing '}', found '+'
            {'descr': '!u1', 'fortran_order': False, 'shape': (1,)^          | found the end of the header
            {^                                                               | expected a string for a key, found the end of the header
            """)
    void aBrokenDictionaryIsRefusedWhereItIsBroken(String marked, String words) {
        String plain = marked.replace('!', '|');
        int place = plain.indexOf('^');
        if (plain.contains("2**3")) {
            place++; // the 2 was a whole number
        }
        byte[] file = npy(plain.replace("^", ""), new byte[1]);
        assertRefused(10 + place, words.replace('!', '|'), () -> read(file));
    }

    @Test
    void lengthsThatLieAreRefused() {
        byte[] known = knownFile();
        byte[] longer = Arrays.copyOf(known, known.length + 1);
        assertRefused(
                128, "shape [2, 3] of F32 needs 24 bytes, but the file has 25 after its header", () -> read(longer));
        byte[] shorter = Arrays.copyOf(known, known.length - 1);
        assertRefused(128, "needs 24 bytes, but the file has 23 after its header", () -> read(shorter));
        byte[] header = known.clone();
        header[9] = 1; // 374 bytes of header
        assertRefused(8, "header of 374 bytes reaches beyond the file of 152", () -> read(header));
        byte[] huge = npy("{'descr': '<f8', 'fortran_order': True, 'shape': (2147483647,), }", new byte[8]);
        assertRefused(huge.length - 8, "needs 17179869176 bytes, but the file has 8", () -> read(huge));
        // A stream that holds less, or more, than its container promised.
        assertRefused(
                128,
                "the data is not the 24 bytes that the file promised",
                () -> Npy.read("test", new ByteArrayInputStream(shorter), known.length, DEVICE));
        assertRefused(
                128,
                "the data is not the 24 bytes that the file promised",
                () -> Npy.read("test", new ByteArrayInputStream(longer), known.length, DEVICE));
    }

    @Test
    void whatIsNotNpyIsRefused() {
        byte[] version = knownFile();
        version[6] = 4;
        assertRefused(6, "npy version 4.0 is not 1.0, 2.0 or 3.0", () -> read(version));
        byte[] minor = knownFile();
        minor[7] = 1;
        assertRefused(6, "npy version 1.1 is not", () -> read(minor));
        assertRefused(0, "not an npy file", () -> read("PK\3\4 and so on".getBytes(StandardCharsets.US_ASCII)));
        assertRefused(5, "not an npy file", () -> read(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'X', 1, 0}));
        assertRefused(0, "the file ends inside its header", () -> read(new byte[0]));
        byte[] pickle = HexFormat.of().parseHex("80049503000000000000004d39302e");
        assertRefused(0, "not an npy file", () -> read(pickle));
    }

    @Test
    void manyAxesAreRefused() {
        String ones = IntStream.range(0, 65).mapToObj(_ -> "1").collect(Collectors.joining(","));
        String header = "{'descr': '|u1', 'fortran_order': False, 'shape': (" + ones + ")}";
        assertRefused(10 + header.indexOf('('), "shape has more than 64 axes", () -> read(npy(header, new byte[1])));
    }

    @Test
    void aLongHeaderIsNotRead() {
        byte[] file = new byte[200_000];
        System.arraycopy(NpyHeader.MAGIC, 0, file, 0, 6);
        file[6] = 2;
        file[10] = 1; // 65536 is the most
        file[8] = 1;
        assertRefused(8, "header of 65537 bytes is longer than the limit of 65536", () -> read(file));
    }

    @Test
    void aTruthValueThatIsNeitherIsRefused() {
        byte[] file = npy("{'descr': '|b1', 'fortran_order': False, 'shape': (3,), }", new byte[] {1, 0, -1});
        assertRefused(file.length - 1, "a truth value is 255, not 0 or 1", () -> read(file));
    }

    /** A mapped file gives the tensor, or the refusal, that a stream of the same bytes gives. */
    @Test
    void aFileIsReadAsAStreamIs() throws IOException {
        Path path = folder.resolve("same.npy");
        for (String type : List.of("<f4", ">f4", "<i8", ">i8", "|b1", "|u1", "<f2")) {
            for (String order : List.of("True", "False")) {
                byte[] data = new byte[6 * (type.charAt(2) - '0')];
                for (int i = 0; i < data.length; i += 2) {
                    data[i] = 1;
                }
                byte[] whole =
                        npy("{'descr': '%s', 'fortran_order': %s, 'shape': (2, 3), }".formatted(type, order), data);
                byte[] wrong = whole.clone();
                wrong[whole.length - 2] = 2; // no truth value
                for (byte[] file :
                        List.of(whole, wrong, Arrays.copyOf(whole, whole.length - 1), Arrays.copyOf(whole, 40))) {
                    assertEquals(
                            outcome(() -> read(file)),
                            outcome(() -> Npy.read(Files.write(path, file), DEVICE))
                                    .replace(path.toString(), "test"));
                }
            }
        }
    }

    private interface Reading {
        Tensor run() throws IOException;
    }

    private static String outcome(Reading reading) throws IOException {
        try {
            return reading.run().toString();
        } catch (TensorFormatException refusal) {
            return String.valueOf(refusal.getMessage());
        }
    }

    /** What lies in the file as it lies in memory goes there from the mapped file, not by way of the heap. */
    @Test
    void aLittleEndianFileIsMapped() throws IOException {
        List<Boolean> mapped = new ArrayList<>();
        Device watched = new Device("watched", (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(), new Class<?>[] {Backend.class}, (_, method, arguments) -> {
                    if (method.getName().equals("upload")) {
                        mapped.add(((MemorySegment) arguments[0]).isMapped());
                    }
                    return method.invoke(DEVICE.backend(), arguments);
                }));
        Path path = Files.write(folder.resolve("mapped.npy"), knownFile());
        assertArrayEquals(
                new float[] {0, 1, 2, 3, 4, 5}, Npy.read(path, watched).toFloats());
        assertEquals(List.of(true), mapped);
        byte[] turned = new String(knownFile(), StandardCharsets.ISO_8859_1)
                .replace("<f4", ">f4")
                .getBytes(StandardCharsets.ISO_8859_1);
        Npy.read(Files.write(path, turned), watched);
        assertEquals(List.of(true, false), mapped);
    }

    @Test
    void everyFileCutShortIsRefused() {
        byte[] whole = knownFile();
        for (int size = 0; size < whole.length; size++) {
            byte[] cut = Arrays.copyOf(whole, size);
            assertThrows(TensorFormatException.class, () -> read(cut), "cut at " + size);
        }
    }

    @Test
    void aFileWithFlippedBytesIsReadOrRefused() throws IOException {
        byte[] whole = knownFile();
        Random random = new Random(7);
        int read = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] flipped = whole.clone();
            for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
                flipped[random.nextInt(80)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                read(flipped);
                read++;
            } catch (TensorFormatException refusal) {
                assertTrue(refusal.offset() >= 0 && refusal.offset() <= flipped.length, refusal.getMessage());
            }
        }
        assertTrue(read > 0, "'<f4' may become '>f4'");
    }
}
