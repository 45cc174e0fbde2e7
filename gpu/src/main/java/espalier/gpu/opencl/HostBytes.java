package espalier.gpu.opencl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jocl.Pointer;

/**
 * Part of a segment of the host in the form in which JOCL takes it: an array of Java, or a direct buffer, which has at
 * most 2 GiB. A segment that is neither (read-only, or a view of an odd kind) travels through an array of bytes.
 */
final class HostBytes {
    private static final long LARGEST = 1L << 30;

    private final long offset;
    private final long length;
    private final Pointer pointer;
    private final Runnable delivery;

    private HostBytes(long offset, long length, Pointer pointer, Runnable delivery) {
        this.offset = offset;
        this.length = length;
        this.pointer = pointer;
        this.delivery = delivery;
    }

    /** First byte, counted from the segment's beginning. */
    long offset() {
        return offset;
    }

    long length() {
        return length;
    }

    Pointer pointer() {
        return pointer;
    }

    /** Called after the device has written here. */
    void deliver() {
        delivery.run();
    }

    /** The parts of a segment whose bytes go to the device. */
    static List<HostBytes> toRead(MemorySegment segment) {
        return parts(segment, true);
    }

    /** The parts of a segment whose bytes come from the device. */
    static List<HostBytes> toWrite(MemorySegment segment) {
        if (segment.isReadOnly()) {
            throw new IllegalArgumentException("download: the memory to write to is read-only");
        }
        return parts(segment, false);
    }

    private static List<HostBytes> parts(MemorySegment segment, boolean reading) {
        List<HostBytes> parts = new ArrayList<>();
        for (long at = 0; at < segment.byteSize(); at += LARGEST) {
            long length = Math.min(LARGEST, segment.byteSize() - at);
            MemorySegment part = segment.asSlice(at, length);
            parts.add(part(part, at, length, reading));
        }
        return parts;
    }

    private static HostBytes part(MemorySegment part, long at, long length, boolean reading) {
        if (part.isNative() && !part.isReadOnly()) {
            return new HostBytes(at, length, Pointer.toBuffer(part.asByteBuffer()), () -> {});
        }
        Optional<Pointer> array = part.heapBase().flatMap(HostBytes::arrayPointer);
        if (array.isPresent()) {
            return new HostBytes(at, length, array.get().withByteOffset(part.address()), () -> {});
        }
        byte[] copy = new byte[(int) length];
        if (reading) {
            MemorySegment.copy(part, 0, MemorySegment.ofArray(copy), 0, length);
        }
        return new HostBytes(
                at,
                length,
                Pointer.to(copy),
                () -> MemorySegment.copy(MemorySegment.ofArray(copy), 0, part, 0, length));
    }

    private static Optional<Pointer> arrayPointer(Object array) {
        return switch (array) {
            case byte[] values -> Optional.of(Pointer.to(values));
            case short[] values -> Optional.of(Pointer.to(values));
            case char[] values -> Optional.of(Pointer.to(values));
            case int[] values -> Optional.of(Pointer.to(values));
            case float[] values -> Optional.of(Pointer.to(values));
            case long[] values -> Optional.of(Pointer.to(values));
            case double[] values -> Optional.of(Pointer.to(values));
            default -> Optional.empty();
        };
    }
}
