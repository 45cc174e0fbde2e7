package espalier.tensor.io;

import espalier.tensor.DType;
import espalier.tensor.Shape;
import espalier.tensor.io.SafeTensors.Entry;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a safetensors file says about itself: 8 bytes with the length N of the header, N bytes of JSON, then the data.
 *
 * <pre>{@code
 * {"__metadata__": {"format": "pt"},
 *  "fc.weight": {"dtype": "F32", "shape": [10, 64], "data_offsets": [0, 2560]}}
 * }</pre>
 *
 * <p>Offsets count from the first byte after the header. Together the tensors cover the data exactly, without gap and
 * without overlap, so that nothing can hide in a file.
 *
 * @param entries by name, in the order of the header
 * @param metadata by key, in the order of the header
 */
record SafeTensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
    /** The bytes before the header: its length as an unsigned 64-bit number. */
    static final int LENGTH_BYTES = 8;

    /** The longest header read, that of the reference implementation. */
    static final long MAX_LENGTH = 100_000_000;

    static final String METADATA = "__metadata__";

    private static final ValueLayout.OfLong LENGTH = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** Reads and checks the header of a file given as its bytes. */
    static SafeTensorsHeader parse(String source, MemorySegment file) throws TensorFormatException {
        long size = file.byteSize();
        if (size < LENGTH_BYTES) {
            throw new TensorFormatException(source, size, "the file ends inside the 8 bytes of the header's length");
        }
        long length = file.get(LENGTH, 0);
        if (length < 0 || length > size - LENGTH_BYTES) {
            throw new TensorFormatException(
                    source,
                    0,
                    "header of " + Long.toUnsignedString(length) + " bytes reaches beyond the file of " + size);
        }
        if (length > MAX_LENGTH) {
            throw new TensorFormatException(
                    source, 0, "header of " + length + " bytes is longer than the limit of " + MAX_LENGTH);
        }
        byte[] json = file.asSlice(LENGTH_BYTES, length).toArray(ValueLayout.JAVA_BYTE);
        return new Parser(source, json, size).parse();
    }

    /** An entry and the place in the header of its offsets, for complaints. */
    private record Placed(Entry entry, int offsetsAt) {}

    private static final class Parser {
        private final String source;
        private final byte[] bytes;
        private final long dataStart;
        private final long fileSize;
        private final HeaderText text;
        private final JsonText json;
        private final List<Placed> placed = new ArrayList<>();
        private final Map<String, String> metadata = new LinkedHashMap<>();

        Parser(String source, byte[] bytes, long fileSize) {
            this.source = source;
            this.bytes = bytes;
            this.dataStart = (long) LENGTH_BYTES + bytes.length;
            this.fileSize = fileSize;
            this.text = new HeaderText(source, LENGTH_BYTES, bytes);
            this.json = new JsonText(text);
        }

        SafeTensorsHeader parse() throws TensorFormatException {
            requireUtf8();
            if (text.peek() != '{') {
                throw text.fail("the header must begin with '{', found " + text.found());
            }
            json.object("the header", (name, _) -> {
                if (name.equals(METADATA)) {
                    readMetadata();
                } else {
                    readEntry(name);
                }
            });
            text.expectEnd("the header's closing '}'");
            requireExactCover();
            Map<String, Entry> entries = new LinkedHashMap<>();
            placed.forEach(p -> entries.put(p.entry.name(), p.entry));
            return new SafeTensorsHeader(Collections.unmodifiableMap(entries), Collections.unmodifiableMap(metadata));
        }

        private void requireUtf8() throws TensorFormatException {
            ByteBuffer from = ByteBuffer.wrap(bytes);
            CharBuffer scratch = CharBuffer.allocate(4096);
            var decoder = StandardCharsets.UTF_8.newDecoder();
            CoderResult result;
            do {
                result = decoder.decode(from, scratch.clear(), true);
            } while (result.isOverflow());
            if (result.isError()) {
                throw text.fail(from.position(), "the header is not UTF-8");
            }
        }

        private void readMetadata() throws TensorFormatException {
            json.object(METADATA, (key, _) -> metadata.put(key, json.string("a value of " + METADATA)));
        }

        private void readEntry(String name) throws TensorFormatException {
            int entryAt = text.at();
            Fields fields = new Fields();
            json.object("tensor " + HeaderText.quote(name), (key, keyAt) -> {
                switch (key) {
                    case "dtype" -> readType(fields);
                    case "shape" -> fields.shape = Optional.of(json.shape());
                    case "data_offsets" -> readOffsets(fields);
                    default -> throw text.fail(keyAt, "unknown key " + HeaderText.quote(key) + " of a tensor");
                }
            });
            if (fields.type.isEmpty() || fields.shape.isEmpty() || fields.offsetsAt < 0) {
                throw text.fail(
                        entryAt, "tensor " + HeaderText.quote(name) + " needs the keys dtype, shape and data_offsets");
            }
            placed.add(new Placed(checked(name, fields), fields.offsetsAt));
        }

        /** What has been read of a tensor so far. */
        private static final class Fields {
            private Optional<StoredType> type = Optional.empty();
            private Optional<Shape> shape = Optional.empty();
            private long begin;
            private long end;
            private int offsetsAt = -1;
        }

        private void readType(Fields fields) throws TensorFormatException {
            int at = text.at();
            String name = json.string("dtype");
            fields.type = StoredType.named(name);
            if (fields.type.isEmpty()) {
                throw text.fail(
                        at,
                        "dtype " + HeaderText.quote(name) + " is not one of " + Arrays.toString(StoredType.values()));
            }
        }

        private void readOffsets(Fields fields) throws TensorFormatException {
            fields.offsetsAt = text.at();
            text.expect('[', "for data_offsets");
            fields.begin = text.integer("data_offsets");
            text.expect(',', "between two data_offsets");
            fields.end = text.integer("data_offsets");
            text.expect(']', "after two data_offsets");
        }

        /** The rules that concern one tensor alone. */
        private Entry checked(String name, Fields fields) throws TensorFormatException {
            StoredType type = fields.type.orElseThrow();
            Shape shape = fields.shape.orElseThrow();
            long begin = fields.begin;
            long end = fields.end;
            String offsets = "data_offsets [" + begin + ", " + end + "]";
            if (begin > end) {
                throw text.fail(fields.offsetsAt, offsets + " end before they begin");
            }
            long room = fileSize - dataStart;
            if (end > room) {
                throw text.fail(fields.offsetsAt, offsets + " reach beyond the data of " + room + " bytes");
            }
            long needed = (long) shape.size() * type.bytes();
            if (end - begin != needed) {
                throw text.fail(
                        fields.offsetsAt,
                        "shape " + shape + " of " + type + " needs " + needed + " bytes, but data_offsets give "
                                + (end - begin));
            }
            if ((dataStart + begin) % type.bytes() != 0) {
                throw text.fail(
                        fields.offsetsAt,
                        offsets + " put " + type + " at byte " + (dataStart + begin)
                                + " of the file, which is misaligned: no multiple of " + type.bytes());
            }
            return new Entry(name, type.name(), type.dtype(), shape, dataStart + begin, dataStart + end);
        }

        /** The rule that concerns all: the data is covered exactly, each byte by one tensor. */
        private void requireExactCover() throws TensorFormatException {
            List<Placed> byPlace = new ArrayList<>(placed);
            byPlace.sort(Comparator.comparingLong((Placed p) -> p.entry.begin()).thenComparingLong(p -> p.entry.end()));
            long covered = dataStart;
            for (Placed p : byPlace) {
                long begin = p.entry.begin();
                if (begin != covered) {
                    String tensor = "tensor " + HeaderText.quote(p.entry.name());
                    throw text.fail(
                            p.offsetsAt,
                            begin < covered
                                    ? tensor + " overlaps the one before it by " + (covered - begin) + " bytes"
                                    : tensor + " leaves a hole of " + (begin - covered) + " bytes before it");
                }
                covered = p.entry.end();
            }
            if (covered != fileSize) {
                throw new TensorFormatException(
                        source, covered, (fileSize - covered) + " bytes at the end belong to no tensor");
            }
        }
    }

    /** The types a file may hold, in the order in which their tensors are written. */
    enum StoredType {
        I64(DType.I64),
        F64(DType.F64),
        F32(DType.F32),
        I32(DType.I32),
        BF16(DType.F32),
        F16(DType.F16),
        I8(DType.I8),
        U8(DType.U8),
        BOOL(DType.BOOL);

        private final DType dtype;

        StoredType(DType dtype) {
            this.dtype = dtype;
        }

        /** The type a tensor of this has in memory. */
        DType dtype() {
            return dtype;
        }

        /** Bytes an element takes in the file. */
        int bytes() {
            return this == BF16 ? 2 : dtype.bytes();
        }

        static Optional<StoredType> named(String name) {
            return Arrays.stream(values()).filter(t -> t.name().equals(name)).findFirst();
        }

        /** How a type in memory is stored. */
        static StoredType of(DType dtype) {
            return valueOf(dtype.name());
        }
    }
}
