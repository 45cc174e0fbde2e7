package espalier.gpu.opencl;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import org.jocl.Pointer;

/**
 * A strip of host memory from which small uploads are copied later, so that the caller need not wait. Each upload takes
 * the next place; when the strip is full the queue is waited for, and it begins anew.
 */
final class Staging {
    private static final int SIZE = 1 << 20;
    /** Larger uploads are not worth a copy. */
    static final int LARGEST = SIZE / 4;

    private static final int ALIGNMENT = 64;

    private final ByteBuffer strip = ByteBuffer.allocateDirect(SIZE);
    private final MemorySegment bytes = MemorySegment.ofBuffer(strip);
    private int next;

    /** Whether there is a place for so many bytes before the strip begins anew. */
    boolean hasRoom(long length) {
        return next + length <= SIZE;
    }

    /** Forgets all uploads; they are done. */
    void restart() {
        next = 0;
    }

    /**
     * Copies bytes here, and says where from they can be sent; the strip belongs to the queue until it is waited for.
     */
    Pointer stage(MemorySegment from) {
        int length = (int) from.byteSize();
        MemorySegment.copy(from, 0, bytes, next, length);
        Pointer pointer = Pointer.toBuffer(strip.slice(next, length));
        next = Math.ceilDiv(next + length, ALIGNMENT) * ALIGNMENT;
        return pointer;
    }
}
