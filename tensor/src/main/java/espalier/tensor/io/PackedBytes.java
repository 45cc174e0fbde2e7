package espalier.tensor.io;

import espalier.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.lang.foreign.MemorySegment;

/**
 * The elements of a tensor as a stream of bytes: little-endian, row-major, without gaps.
 *
 * <p>They pass through a buffer of one mebibyte, so a tensor may be larger than a Java array of bytes.
 */
final class PackedBytes {
    private static final int CHUNK = 1 << 20;

    private PackedBytes() {}

    /** Writes all elements, whatever the layout. */
    static void write(Tensor tensor, OutputStream out) throws IOException {
        Tensor packed = tensor.contiguous();
        int width = packed.dtype().bytes();
        int first = packed.layout().offset();
        for (int done = 0, n; done < packed.size(); done += n) {
            n = Math.min(CHUNK / width, packed.size() - done);
            byte[] chunk = new byte[n * width];
            packed.device().backend().download(packed.storage(), first + done, MemorySegment.ofArray(chunk));
            out.write(chunk);
        }
    }

    /** What happens to a chunk of whole elements, the first of them the {@code start}-th, before it is taken over. */
    @FunctionalInterface
    interface Step {
        void apply(byte[] chunk, int start) throws IOException;
    }

    /**
     * Fills a contiguous tensor.
     *
     * @return whether the stream held enough
     */
    static boolean read(InputStream in, Tensor into, Step step) throws IOException {
        int width = into.dtype().bytes();
        for (int done = 0, n; done < into.size(); done += n) {
            n = Math.min(CHUNK / width, into.size() - done);
            byte[] chunk = in.readNBytes(n * width);
            if (chunk.length < n * width) {
                return false;
            }
            step.apply(chunk, done);
            into.device()
                    .backend()
                    .upload(
                            MemorySegment.ofArray(chunk),
                            into.storage(),
                            into.layout().offset() + done);
        }
        return true;
    }
}
