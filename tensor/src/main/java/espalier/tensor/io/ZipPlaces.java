package espalier.tensor.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Where the list of members of a zip archive stands, so that a complaint can name the byte it is about, which
 * {@code java.util.zip} does not say.
 *
 * <p>An archive ends with a record that says how long its directory is; the directory stands before it and has a header
 * for each member (APPNOTE of PKWARE, 4.3.12 and 4.3.16).
 *
 * @param directory the byte at which the directory begins; without one, the byte at which it was looked for in vain
 * @param headers the byte of each member's header, in the order of the directory, as far as they make sense
 */
record ZipPlaces(long directory, List<Long> headers) {
    private static final int END_SIGNATURE = 0x06054b50;
    private static final int END_BYTES = 22;
    private static final int LONGEST_COMMENT = 0xFFFF;
    private static final int HEADER_SIGNATURE = 0x02014b50;
    private static final int HEADER_BYTES = 46;

    /** Looks through the end of a file, which may be anything. */
    static ZipPlaces of(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            long size = channel.size();
            long tailStart = Math.max(0, size - END_BYTES - LONGEST_COMMENT);
            ByteBuffer tail = bytes(channel, tailStart, size);
            for (int at = tail.limit() - END_BYTES; at >= 0; at--) {
                if (tail.getInt(at) == END_SIGNATURE) {
                    long end = tailStart + at;
                    long length = Integer.toUnsignedLong(tail.getInt(at + 12));
                    return length > end ? new ZipPlaces(end, List.of()) : within(channel, end - length, end);
                }
            }
            return new ZipPlaces(size, List.of());
        }
    }

    private static ZipPlaces within(FileChannel channel, long start, long end) throws IOException {
        ByteBuffer directory = bytes(channel, start, end);
        List<Long> headers = new ArrayList<>();
        int at = 0;
        while (at + HEADER_BYTES <= directory.limit() && directory.getInt(at) == HEADER_SIGNATURE) {
            headers.add(start + at);
            at += HEADER_BYTES + length(directory, at + 28) + length(directory, at + 30) + length(directory, at + 32);
        }
        return new ZipPlaces(start, List.copyOf(headers));
    }

    private static int length(ByteBuffer bytes, int at) {
        return Short.toUnsignedInt(bytes.getShort(at));
    }

    private static ByteBuffer bytes(FileChannel channel, long from, long to) throws IOException {
        ByteBuffer read = ByteBuffer.allocate((int) Math.min(to - from, Integer.MAX_VALUE - 16))
                .order(ByteOrder.LITTLE_ENDIAN);
        while (read.hasRemaining() && channel.read(read, from + read.position()) >= 0) {
            continue;
        }
        return read.flip();
    }

    /** The byte of the header of the member that comes {@code index}-th, or of the directory. */
    long header(int index) {
        return index < headers.size() ? headers.get(index) : directory;
    }
}
