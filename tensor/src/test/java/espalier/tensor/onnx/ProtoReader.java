package espalier.tensor.onnx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The wire format of protocol buffers: a message is a run of fields, each a key {@code number·8 + type} and a value.
 * The types met here are varint (0), 8 bytes (1), a length and as many bytes (2), and 4 bytes (5).
 */
final class ProtoReader {
    private final ByteBuffer from;

    private ProtoReader(ByteBuffer from) {
        this.from = from.order(ByteOrder.LITTLE_ENDIAN);
    }

    /**
     * A field as it stands in the message.
     *
     * @param number which field
     * @param bits its value, if it is a number
     * @param bytes its value, if it has a length; else empty
     */
    record Field(int number, long bits, ByteBuffer bytes) {
        String text() {
            return StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
        }

        List<Field> message() {
            return fields(bytes.duplicate());
        }

        float asFloat() {
            return Float.intBitsToFloat((int) bits);
        }

        /** The numbers of a repeated field, which may stand one by one or packed into one run of varints. */
        void addTo(List<Long> numbers) {
            if (!bytes.hasRemaining()) {
                numbers.add(bits);
                return;
            }
            ProtoReader packed = new ProtoReader(bytes.duplicate());
            while (packed.from.hasRemaining()) {
                numbers.add(packed.varint());
            }
        }
    }

    /** All fields of a message in their order. */
    static List<Field> fields(ByteBuffer message) {
        ProtoReader reader = new ProtoReader(message);
        List<Field> fields = new ArrayList<>();
        while (reader.from.hasRemaining()) {
            fields.add(reader.field());
        }
        return fields;
    }

    private Field field() {
        long key = varint();
        int number = (int) (key >>> 3);
        ByteBuffer nothing = ByteBuffer.allocate(0);
        return switch ((int) (key & 7)) {
            case 0 -> new Field(number, varint(), nothing);
            case 1 -> new Field(number, from.getLong(), nothing);
            case 2 -> {
                int length = (int) varint();
                ByteBuffer bytes = from.slice(from.position(), length).order(ByteOrder.LITTLE_ENDIAN);
                from.position(from.position() + length);
                yield new Field(number, 0, bytes);
            }
            case 5 -> new Field(number, from.getInt(), nothing);
            default -> throw new IllegalArgumentException("protocol buffer: field " + number + " has an unknown type");
        };
    }

    /** Seven bits a byte, the lowest first; the top bit says that more follow. */
    private long varint() {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            byte next = from.get();
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
        throw new IllegalArgumentException("protocol buffer: a number of more than ten bytes");
    }
}
