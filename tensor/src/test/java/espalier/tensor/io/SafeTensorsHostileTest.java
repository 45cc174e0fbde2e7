package espalier.tensor.io;

import static espalier.tensor.io.HostileFiles.assertRefused;
import static espalier.tensor.io.HostileFiles.safetensors;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every rule of the format broken once, and files broken at random. */
@Timeout(120)
class SafeTensorsHostileTest {
    private static final Device DEVICE = Device.reference();

    @TempDir
    private Path folder;

    private static SafeTensorsHeader parse(byte[] file) throws TensorFormatException {
        return SafeTensorsHeader.parse("test", MemorySegment.ofArray(file));
    }

    /** In a header ' stands for ", and ^ before a byte says that the refusal must name that one. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', maxCharsPerColumn = 4000, textBlock = """
            # JSON
            ^[]                                                            | 0 | must begin with '{', found '['
            `^ {}`                                                         | 0 | must begin with '{', found byte 0x20
            ^null                                                          | 0 | must begin with '{'
            {}^x                                                           | 0 | nothing but blanks may follow the header's closing '}', found 'x'
            {}  ^{}                                                        | 0 | nothing but blanks may follow
            {^a:1}                                                         | 0 | expected '"' for a key of the header, found 'a'
            {'a'^,1}                                                       | 0 | expected ':' after a key
            {'a':^1}                                                       | 0 | expected '{' for tensor "a", found '1'
            {'a':^NaN}                                                     | 0 | expected '{' for tensor "a", found 'N'
            {'a':^true}                                                    | 0 | expected '{' for tensor "a", found 't'
            {'a':^[[[[[[[[]]]]]]]]}                                        | 0 | expected '{' for tensor "a", found '['
            {'a':{'dtype':^{'dtype':{'dtype':{}}}}}                        | 0 | expected '"' for dtype, found '{'
            {'a^\\q':1}                                                    | 0 | bad escape in a string
            {'^\\u12g4':1}                                                 | 0 | four hexadecimal digits
            {'^\\uD800':1}                                                 | 0 | half of a surrogate pair
            {'^\\uD800\\u0041':1}                                          | 0 | half of a surrogate pair
            {'^\\uDC00\\uD800':1}                                          | 0 | half of a surrogate pair
            # tensors
            {'a':^{}}                                                      | 0 | tensor "a" needs the keys dtype, shape and data_offsets
            {'a':^{'dtype':'U8','shape':[0]}}                              | 0 | needs the keys dtype, shape and data_offsets
            {'a':{'dtype':'U8','shape':[0],'data_offsets':[0,0]},^'a':{}}  | 0 | key "a" comes twice in the header
            {'a':{'dtype':'U8','shape':[0],'data_offsets':[0,0]},^'\\u0061':{}} | 0 | key "a" comes twice in the header
            {'a':{'dtype':'U8',^'dtype':'U8'}}                             | 0 | key "dtype" comes twice in tensor "a"
            {'a':{'dtype':'U8',^'name':'U8'}}                              | 0 | unknown key "name" of a tensor
            {'a':{'dtype':^'F31','shape':[1],'data_offsets':[0,4]}}        | 4 | dtype "F31" is not one of [I64, F64, F32, I32, BF16, F16, I8, U8, BOOL]
            {'a':{'dtype':^'f32','shape':[1],'data_offsets':[0,4]}}        | 4 | dtype "f32" is not one of
            {'a':{'dtype':^4}}                                             | 4 | expected '"' for dtype, found '4'
            # shapes
            {'a':{'dtype':'U8','shape':^3,'data_offsets':[0,3]}}           | 3 | expected '[' for shape
            {'a':{'dtype':'U8','shape':[^-3],'data_offsets':[0,3]}}        | 3 | size in shape is negative
            {'a':{'dtype':'U8','shape':[1,^-3],'data_offsets':[0,3]}}     | 3 | size in shape is negative
            {'a':{'dtype':'U8','shape':[^3.0],'data_offsets':[0,3]}}       | 3 | size in shape is not a whole number
            {'a':{'dtype':'U8','shape':[^3e0],'data_offsets':[0,3]}}       | 3 | size in shape is not a whole number
            {'a':{'dtype':'U8','shape':[^03],'data_offsets':[0,3]}}        | 3 | size in shape has a leading zero
            {'a':{'dtype':'U8','shape':[^+3],'data_offsets':[0,3]}}        | 3 | size in shape must be a whole number, found '+'
            {'a':{'dtype':'U8','shape':[^NaN],'data_offsets':[0,3]}}       | 3 | size in shape must be a whole number, found 'N'
            {'a':{'dtype':'U8','shape':[^Infinity]}}                       | 3 | size in shape must be a whole number, found 'I'
            {'a':{'dtype':'U8','shape':[^'3'],'data_offsets':[0,3]}}       | 3 | size in shape must be a whole number
            {'a':{'dtype':'U8','shape':[^[3]],'data_offsets':[0,3]}}       | 3 | size in shape must be a whole number
            {'a':{'dtype':'U8','shape':[3,^],'data_offsets':[0,3]}}        | 3 | size in shape must be a whole number, found ']'
            {'a':{'dtype':'U8','shape':[3 ^3],'data_offsets':[0,3]}}       | 3 | expected ']' or ',' in shape
            {'a':{'dtype':'U8','shape':[^2147483648],'data_offsets':[0,3]}}| 3 | size 2147483648 in shape is above 2147483647
            {'a':{'dtype':'U8','shape':[0,^99999999999999999999]}}         | 3 | size in shape is above 9223372036854775807
            {'a':{'dtype':'U8','shape':^[65536,65536],'data_offsets':[0,0]}} | 0 | shape [65536, 65536] has more than 2147483647 elements
            {'a':{'dtype':'U8','shape':^[2147483647,2147483647,2147483647,4],'data_offsets':[0,0]}} | 0 | has more than 2147483647 elements
            # offsets
            {'a':{'dtype':'U8','shape':[3],'data_offsets':^3}}             | 3 | expected '[' for data_offsets
            {'a':{'dtype':'U8','shape':[3],'data_offsets':[0^]}}           | 3 | expected ',' between two data_offsets
            {'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3^,3]}}       | 3 | expected ']' after two data_offsets
            {'a':{'dtype':'U8','shape':[3],'data_offsets':[^-3,0]}}        | 3 | data_offsets is negative
            {'a':{'dtype':'U8','shape':[3],'data_offsets':[^0.0,3]}}       | 3 | data_offsets is not a whole number
            {'a':{'dtype':'U8','shape':[3],'data_offsets':[0,^18446744073709551619]}} | 3 | data_offsets is above 9223372036854775807
            {'a':{'dtype':'U8','shape':[3],'data_offsets':^[3,0]}}         | 3 | data_offsets [3, 0] end before they begin
            {'a':{'dtype':'U8','shape':[4],'data_offsets':^[0,4]}}         | 3 | data_offsets [0, 4] reach beyond the data of 3 bytes
            {'a':{'dtype':'U8','shape':[3],'data_offsets':^[9223372036854775804,9223372036854775807]}} | 3 | reach beyond the data of 3 bytes
            {'a':{'dtype':'F64','shape':[2147483647],'data_offsets':^[0,17179869176]}} | 3 | reach beyond the data of 3 bytes
            {'a':{'dtype':'F32','shape':[2,3],'data_offsets':^[0,20]}}     | 20 | shape [2, 3] of F32 needs 24 bytes, but data_offsets give 20
            {'a':{'dtype':'BF16','shape':[2],'data_offsets':^[0,8]}}       | 8 | shape [2] of BF16 needs 4 bytes, but data_offsets give 8
            {'a':{'dtype':'U8','shape':[],'data_offsets':^[0,0]}}          | 0 | shape [] of U8 needs 1 bytes, but data_offsets give 0
            {'a':{'dtype':'U8','shape':[0],'data_offsets':^[0,1]}}         | 1 | shape [0] of U8 needs 0 bytes, but data_offsets give 1
            {'b':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},'a':{'dtype':'F16','shape':[1],'data_offsets':^[1,3]}} | 3 | misaligned
            {'a':{'dtype':'U8','shape':[2],'data_offsets':^[1,3]}}         | 3 | tensor "a" leaves a hole of 1 bytes before it
            {'a':{'dtype':'U8','shape':[1],'data_offsets':[0,1]},'b':{'dtype':'U8','shape':[1],'data_offsets':^[2,3]}} | 3 | tensor "b" leaves a hole of 1 bytes before it
            {'a':{'dtype':'U8','shape':[2],'data_offsets':[0,2]},'b':{'dtype':'U8','shape':[2],'data_offsets':^[1,3]}} | 3 | tensor "b" overlaps the one before it by 1 bytes
            {'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]},'b':{'dtype':'U8','shape':[3],'data_offsets':^[0,3]}} | 3 | tensor "b" overlaps the one before it by 3 bytes
            {'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]},'b':{'dtype':'U8','shape':[0],'data_offsets':^[2,2]}} | 3 | tensor "b" overlaps the one before it by 1 bytes
            # metadata
            {'__metadata__':^[]}                                           | 0 | expected '{' for __metadata__, found '['
            {'__metadata__':^null}                                         | 0 | expected '{' for __metadata__, found 'n'
            {'__metadata__':{'a':^1}}                                      | 0 | expected '"' for a value of __metadata__, found '1'
            {'__metadata__':{'a':^{'b':'c'}}}                              | 0 | expected '"' for a value of __metadata__, found '{'
            {'__metadata__':{'a':'1',^'a':'1'}}                            | 0 | key "a" comes twice in __metadata__
            {'__metadata__':{},^'__metadata__':{}}                         | 0 | key "__metadata__" comes twice in the header
            """)
    void aBrokenHeaderIsRefusedWhereItIsBroken(String marked, int dataBytes, String words) {
        int place = marked.indexOf('^');
        byte[] file = safetensors(marked.replace("^", ""), new byte[dataBytes]);
        assertRefused(8L + place, words, () -> parse(file));
    }

    @Test
    void theLengthOfTheHeaderMustFitTheFile() {
        byte[] braces = "{}      ".getBytes(StandardCharsets.US_ASCII);
        assertRefused(
                0, "header of 9 bytes reaches beyond the file of 16", () -> parse(safetensors(9, braces, new byte[0])));
        assertRefused(
                0,
                "header of 9223372036854775807 bytes reaches beyond the file of 16",
                () -> parse(safetensors(Long.MAX_VALUE, braces, new byte[0])));
        assertRefused(
                0,
                "header of 18446744073709551615 bytes reaches beyond the file of 16",
                () -> parse(safetensors(-1, braces, new byte[0])));
        assertRefused(8, "must begin with '{', found the end", () -> parse(safetensors(0, new byte[0], new byte[0])));
        assertRefused(9, "for a key of the header, found the end", () -> parse(safetensors(1, braces, new byte[0])));
        for (int size = 0; size < 8; size++) {
            byte[] file = new byte[size];
            assertRefused(size, "the file ends inside the 8 bytes of the header's length", () -> parse(file));
        }
    }

    @Test
    void aHeaderAboveTheLimitIsNotRead() throws IOException {
        Path path = folder.resolve("long");
        try (RandomAccessFile sparse = new RandomAccessFile(path.toFile(), "rw")) {
            sparse.write(safetensors(100_000_001, new byte[0], new byte[0]));
            sparse.setLength(100_000_100);
        }
        assertRefused(
                0, "header of 100000001 bytes is longer than the limit of 100000000", () -> SafeTensors.open(path));
    }

    @Test
    void aHeaderThatIsNotUtf8IsRefused() {
        for (String bad : List.of("\u00FF", "\u00C0\u0080", "\u00ED\u00A0\u0080", "\u00E2\u0082")) {
            byte[] header = ("{\"" + bad + "\"").getBytes(StandardCharsets.ISO_8859_1);
            assertRefused(10, "the header is not UTF-8", () -> parse(safetensors(header.length, header, new byte[0])));
        }
        String far = "{\"" + "x".repeat(10_000);
        byte[] header = (far + "\u00FF").getBytes(StandardCharsets.ISO_8859_1);
        assertRefused(
                8 + far.length(),
                "the header is not UTF-8",
                () -> parse(safetensors(header.length, header, new byte[0])));
    }

    @Test
    void bareControlCharactersInStringsAreRefused() {
        assertRefused(
                11, "bare control character 0x0a in a string", () -> parse(safetensors("{'a\n':{}}", new byte[0])));
        assertRefused(
                10, "bare control character 0x00 in a string", () -> parse(safetensors("{'\0':{}}", new byte[0])));
    }

    @Test
    void aStringThatDoesNotEndIsRefusedAtTheEnd() {
        assertRefused(
                8 + 8, "the header ends inside a key of the header", () -> parse(safetensors("{'abc\\n", new byte[0])));
    }

    @Test
    void bytesThatBelongToNoTensorAreRefused() {
        String header = "{'a':{'dtype':'U8','shape':[3],'data_offsets':[0,3]}}";
        assertRefused(
                8 + 56 + 3, "2 bytes at the end belong to no tensor", () -> parse(safetensors(header, new byte[5])));
        assertRefused(8 + 8, "1 bytes at the end belong to no tensor", () -> parse(safetensors("{}", new byte[1])));
    }

    @Test
    void anUnpaddedHeaderMisalignsTheData() throws IOException {
        byte[] header =
                "{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}".getBytes(StandardCharsets.US_ASCII);
        int at = new String(header, StandardCharsets.US_ASCII).indexOf("[0,");
        assertEquals(54, header.length);
        assertRefused(
                8 + at,
                "put F32 at byte 62 of the file, which is misaligned: no multiple of 4",
                () -> parse(safetensors(header.length, header, new byte[4])));
        byte[] bytes = new String(header, StandardCharsets.US_ASCII)
                .replace("F32", "U8 ".trim())
                .replace("[1]", "[4]")
                .getBytes(StandardCharsets.US_ASCII);
        assertEquals(
                1,
                parse(safetensors(bytes.length, bytes, new byte[4])).entries().size());
    }

    @Test
    void sixtyFourAxesAreLegalAndOneMoreIsNot() throws IOException {
        String ones = IntStream.range(0, 64).mapToObj(_ -> "1").collect(Collectors.joining(","));
        String legal = "{'a':{'dtype':'U8','shape':[" + ones + "],'data_offsets':[0,1]}}";
        for (SafeTensors.Entry entry :
                parse(safetensors(legal, new byte[1])).entries().values()) {
            assertEquals(64, entry.shape().rank());
        }
        String more = legal.replace("[1,", "[1,1,");
        assertRefused(
                8 + more.indexOf("[1,"), "shape has more than 64 axes", () -> parse(safetensors(more, new byte[1])));
    }

    @Test
    void nestingAsDeepAsTheFileIsRefusedAtItsFirstStep() {
        String deep = "{'a':" + "[".repeat(1_000_000);
        assertRefused(8 + 5, "expected '{' for tensor \"a\"", () -> parse(safetensors(deep, new byte[0])));
        String objects = "{'a':".repeat(500_000);
        assertRefused(
                8 + 11,
                "unknown key \"a\"",
                () -> parse(safetensors("{'a':{     " + objects.substring(1), new byte[0])));
    }

    @Test
    void namesInMessagesAreShortAndPlain() {
        String name = "\\u001b[31m" + "x".repeat(10_000);
        String header = "{'" + name + "':1}";
        assertRefused(8 + header.indexOf(":1") + 1, "tensor \"?[31mxxx", () -> parse(safetensors(header, new byte[0])));
    }

    @Test
    void aTruthValueThatIsNeitherIsRefusedWhenItIsLoaded() throws IOException {
        byte[] bytes = safetensors("{'a':{'dtype':'BOOL','shape':[3],'data_offsets':[0,3]}}", new byte[] {0, 1, 2});
        Path path = Files.write(folder.resolve("bool"), bytes);
        try (SafeTensors file = SafeTensors.open(path)) {
            assertRefused(bytes.length - 1, "BOOL tensor \"a\" holds 2, not 0 or 1", () -> file.tensor("a", DEVICE));
        }
    }

    @Test
    void emptyTensorsMayLieAnywhereOnABoundary() throws IOException {
        String header = "{'z':{'dtype':'F32','shape':[0,2147483647],'data_offsets':[4,4]},"
                + "'a':{'dtype':'F32','shape':[],'data_offsets':[0,4]},"
                + "'e':{'dtype':'F32','shape':[0],'data_offsets':[0,0]}}";
        Path path = Files.write(folder.resolve("empty"), safetensors(header, new byte[4]));
        try (SafeTensors file = SafeTensors.open(path)) {
            assertEquals(List.of("z", "a", "e"), file.names());
            assertEquals(Shape.of(0, 2147483647), file.tensor("z", DEVICE).shape());
            assertEquals(0, file.tensor("a", DEVICE).item());
        }
    }

    @Test
    void everyFileCutShortIsRefused() throws IOException {
        byte[] whole = validFile();
        for (int size = 0; size < whole.length; size++) {
            byte[] cut = Arrays.copyOf(whole, size);
            TensorFormatException refusal =
                    assertThrows(TensorFormatException.class, () -> parse(cut), "cut at " + size);
            assertTrue(refusal.offset() <= size, refusal.getMessage());
        }
        for (int size = 0; size < whole.length; size += 13) { // the same through a mapped file
            Path path = Files.write(folder.resolve("cut"), Arrays.copyOf(whole, size));
            assertThrows(TensorFormatException.class, () -> SafeTensors.open(path));
        }
    }

    @Test
    void aFileWithFlippedBytesIsReadOrRefused() throws IOException {
        byte[] whole = validFile();
        Random random = new Random(2026);
        int read = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] flipped = whole.clone();
            for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                flipped[random.nextInt(flipped.length)] ^= (byte) (1 << random.nextInt(8));
            }
            if (round % 100 == 0) { // through a file, and loaded
                Path path = Files.write(folder.resolve("flipped"), flipped);
                try (SafeTensors file = SafeTensors.open(path)) {
                    file.tensors(DEVICE);
                } catch (TensorFormatException _) {
                    continue;
                }
            }
            try {
                SafeTensorsHeader header = parse(flipped);
                long bytes = header.entries().values().stream()
                        .mapToLong(e -> e.end() - e.begin())
                        .sum();
                assertTrue(bytes <= flipped.length);
                read++;
            } catch (TensorFormatException refusal) {
                assertTrue(refusal.offset() >= 0 && refusal.offset() <= flipped.length, refusal.getMessage());
            }
        }
        assertTrue(read > 1000, "flips in the data and in names leave a file legal: " + read);
    }

    /** Pieces of a legal header cut out, doubled or moved, so that much of the grammar is still kept. */
    @Test
    void aHeaderWithShuffledPiecesIsReadOrRefused() throws IOException {
        String header = "{'__metadata__':{'k':'v'},'a':{'dtype':'F32','shape':[2,1],'data_offsets':[0,8]},"
                + "'b':{'dtype':'U8','shape':[],'data_offsets':[8,9]},'c':{'dtype':'I8','shape':[0],'data_offsets':[9,9]}}";
        String[] tokens = header.split("(?<=[{}\\[\\],:])|(?=[{}\\[\\],:])");
        Random random = new Random(11);
        int read = 0;
        for (int round = 0; round < 20_000; round++) {
            List<String> pieces = new ArrayList<>(List.of(tokens));
            for (int changes = 1 + random.nextInt(3); changes > 0; changes--) {
                int from = random.nextInt(pieces.size());
                int to = random.nextInt(pieces.size());
                switch (random.nextInt(3)) {
                    case 0 -> pieces.remove(from);
                    case 1 -> pieces.add(to, pieces.get(from));
                    default -> Collections.swap(pieces, from, to);
                }
            }
            byte[] file = safetensors(String.join("", pieces), new byte[9]);
            try {
                SafeTensorsHeader parsed = parse(file);
                long bytes = parsed.entries().values().stream()
                        .mapToLong(e -> e.end() - e.begin())
                        .sum();
                assertEquals(9, bytes, "every byte belongs to one tensor");
                read++;
            } catch (TensorFormatException refusal) {
                assertTrue(refusal.offset() >= 8 && refusal.offset() <= file.length, refusal.getMessage());
            }
        }
        assertTrue(read > 100, "a swap of names, say, is legal: " + read);
    }

    private byte[] validFile() throws IOException {
        Random random = new Random(1);
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (DType dtype : DType.values()) {
            tensors.put("layer." + dtype, RandomTensors.of(random, DEVICE, dtype, Shape.of(2, 3)));
        }
        tensors.put("empty", Tensor.zeros(DEVICE, DType.F32, Shape.of(0, 4)));
        tensors.put("scalar", Tensor.zeros(DEVICE, DType.F64, Shape.scalar()));
        Path path = folder.resolve("valid");
        SafeTensors.write(path, tensors, Map.of("größe", "\"1\"\n"));
        return Files.readAllBytes(path);
    }
}
