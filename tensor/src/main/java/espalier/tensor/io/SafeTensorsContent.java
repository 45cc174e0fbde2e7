package espalier.tensor.io;

import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensorsHeader.StoredType;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.StringJoiner;

/** The bytes of a safetensors file, equal for equal tensors and metadata. */
final class SafeTensorsContent {
    private static final Comparator<String> BY_UTF8 = (a, b) -> Arrays.compareUnsigned(utf8(a), utf8(b));

    private final List<Entry<String, Tensor>> tensors;
    private final byte[] header;

    SafeTensorsContent(Map<String, Tensor> tensors, Map<String, String> metadata) {
        if (tensors.containsKey(SafeTensorsHeader.METADATA)) {
            throw new IllegalArgumentException("safetensors: __metadata__ is no name for a tensor, the format uses it");
        }
        this.tensors = tensors.entrySet().stream()
                .sorted(Comparator.comparing((Entry<String, Tensor> e) ->
                                StoredType.of(e.getValue().dtype()))
                        .thenComparing(Entry::getKey, BY_UTF8))
                .toList();
        this.header = header(metadata);
    }

    /** Header and data, in that order. */
    void writeTo(OutputStream out) throws IOException {
        ByteBuffer length = ByteBuffer.allocate(SafeTensorsHeader.LENGTH_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        out.write(length.putLong(header.length).array());
        out.write(header);
        for (Entry<String, Tensor> entry : tensors) {
            PackedBytes.write(entry.getValue(), out);
        }
    }

    /** The JSON, padded with spaces to a multiple of 8 so that the data is aligned. */
    private byte[] header(Map<String, String> metadata) {
        StringJoiner json = new StringJoiner(",", "{", "}");
        if (!metadata.isEmpty()) {
            StringJoiner pairs = new StringJoiner(",", "{", "}");
            metadata.entrySet().stream()
                    .sorted(Entry.comparingByKey(BY_UTF8))
                    .forEach(e -> pairs.add(JsonText.quoted(e.getKey()) + ":" + JsonText.quoted(e.getValue())));
            json.add("\"" + SafeTensorsHeader.METADATA + "\":" + pairs);
        }
        long begin = 0;
        for (Entry<String, Tensor> entry : tensors) {
            Tensor tensor = entry.getValue();
            DType dtype = tensor.dtype();
            long end = begin + (long) tensor.size() * dtype.bytes();
            String shape = tensor.shape().toString().replace(" ", "");
            json.add(JsonText.quoted(entry.getKey()) + ":{\"dtype\":\"" + StoredType.of(dtype) + "\",\"shape\":" + shape
                    + ",\"data_offsets\":[" + begin + "," + end + "]}");
            begin = end;
        }
        byte[] text = utf8(json.toString());
        byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
        Arrays.fill(padded, text.length, padded.length, (byte) ' ');
        if (padded.length > SafeTensorsHeader.MAX_LENGTH) {
            throw new IllegalArgumentException("safetensors: names and metadata take " + padded.length
                    + " bytes, more than the format's " + SafeTensorsHeader.MAX_LENGTH);
        }
        return padded;
    }

    private static byte[] utf8(String text) {
        try {
            ByteBuffer encoded = StandardCharsets.UTF_8.newEncoder().encode(CharBuffer.wrap(text));
            return Arrays.copyOf(encoded.array(), encoded.limit());
        } catch (CharacterCodingException e) {
            throw new IllegalArgumentException(
                    "safetensors: " + HeaderText.quote(text) + " has half of a surrogate pair, which UTF-8 cannot hold",
                    e);
        }
    }
}
