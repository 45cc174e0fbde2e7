package espalier.tensor.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.function.Executable;

/** Files made by hand, broken or not. */
final class HostileFiles {
    private HostileFiles() {}

    /** A safetensors file; in the header ' stands for ", and it is padded with spaces to a multiple of 8. */
    static byte[] safetensors(String header, byte[] data) {
        byte[] text = header.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        byte[] padded = Arrays.copyOf(text, (text.length + 7) / 8 * 8);
        Arrays.fill(padded, text.length, padded.length, (byte) ' ');
        return safetensors(padded.length, padded, data);
    }

    /** A safetensors file that says its header is {@code length} bytes long. */
    static byte[] safetensors(long length, byte[] header, byte[] data) {
        return ByteBuffer.allocate(8 + header.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(length)
                .put(header)
                .put(data)
                .array();
    }

    /** An npy file of version 1.0 that says its header is as long as it is. */
    static byte[] npy(String header, byte[] data) {
        byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
        return ByteBuffer.allocate(10 + text.length + data.length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .put(NpyHeader.MAGIC)
                .put((byte) 1)
                .put((byte) 0)
                .putShort((short) text.length)
                .put(text)
                .put(data)
                .array();
    }

    /** The refusal names the source, the byte and these words, on one line of reasonable length. */
    static void assertRefused(long offset, String words, Executable reading) {
        TensorFormatException refusal = assertThrows(TensorFormatException.class, reading);
        assertTrue(refusal.reason().contains(words), refusal.getMessage());
        assertEquals(offset, refusal.offset(), refusal.getMessage());
        String message = String.valueOf(refusal.getMessage());
        assertEquals(refusal.source() + ": byte " + offset + ": " + refusal.reason(), message);
        assertTrue(refusal.reason().length() < 250, refusal.getMessage());
        assertTrue(message.chars().noneMatch(Character::isISOControl), message);
    }
}
