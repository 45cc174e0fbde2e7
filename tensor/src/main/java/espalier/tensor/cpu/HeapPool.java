package espalier.tensor.cpu;

import espalier.tensor.DType;
import espalier.tensor.TensorScope;
import java.lang.reflect.Array;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;

/**
 * Heap arrays that scopes have given back, ready to be used again.
 *
 * <p>Lengths are rounded up to size classes (eight to each doubling, so at most an eighth is wasted), and each class
 * keeps its free arrays. An array is only taken from the pool inside a {@link TensorScope}, because only a scope gives
 * arrays back; outside one a fresh array of the exact length is left to the collector.
 *
 * <p>Where the collector begins arrays at a multiple of 64 bytes, which it does if they are large
 * ({@link Scratch#onLines}), the first element comes so many later that it begins a cache line.
 */
final class HeapPool {
    private record Key(Class<?> type, int length) {}

    private final Map<Key, ArrayDeque<Object>> free = new HashMap<>();

    /** A storage with undefined contents. */
    HeapStorage allocate(DType dtype, int length) {
        Class<?> type = elementType(dtype);
        if (TensorScope.current().isEmpty()) {
            int start = start(type, length);
            return new HeapStorage(dtype, start, length, Array.newInstance(type, start + length), this);
        }
        Key key = new Key(type, sizeClass(length));
        int start = start(type, key.length);
        synchronized (free) {
            ArrayDeque<Object> arrays = free.get(key);
            if (arrays != null && !arrays.isEmpty()) {
                return new HeapStorage(dtype, start, length, arrays.pop(), this);
            }
        }
        return new HeapStorage(dtype, start, length, Array.newInstance(type, start + key.length), this);
    }

    /** Takes an array back, with as many elements before the first as {@link #allocate} put there. */
    void put(Object array, int start) {
        Key key = new Key(array.getClass().getComponentType(), Array.getLength(array) - start);
        if (key.length != sizeClass(key.length)) {
            return;
        }
        synchronized (free) {
            free.computeIfAbsent(key, k -> new ArrayDeque<>()).push(array);
        }
    }

    /** Bytes of the arrays that wait to be used again. */
    long freeBytes() {
        synchronized (free) {
            long total = 0;
            for (var entry : free.entrySet()) {
                total += (long) entry.getValue().size() * entry.getKey().length * bytes(entry.getKey().type);
            }
            return total;
        }
    }

    /** How many elements come before the first. */
    private static int start(Class<?> type, int length) {
        boolean large = (long) length * bytes(type) >= Scratch.HALF_REGION * (long) Float.BYTES;
        return large && length <= Integer.MAX_VALUE - 64 ? Scratch.LINE * Float.BYTES / bytes(type) : 0;
    }

    /** The least length of a size class that holds {@code length}: 16, or k·2ⁿ with k from 8 to 15. */
    static int sizeClass(int length) {
        if (length <= 16) {
            return 16;
        }
        int step = Integer.highestOneBit(length - 1) >>> 3;
        long rounded = ((long) length + step - 1) / step * step;
        return rounded > Integer.MAX_VALUE - 16 ? length : (int) rounded;
    }

    private static Class<?> elementType(DType dtype) {
        return switch (dtype) {
            case F64 -> double.class;
            case F32 -> float.class;
            case F16 -> short.class;
            case I64 -> long.class;
            case I32 -> int.class;
            case I8, U8, BOOL -> byte.class;
        };
    }

    private static int bytes(Class<?> type) {
        return type == double.class || type == long.class
                ? 8
                : type == float.class || type == int.class ? 4 : type == short.class ? 2 : 1;
    }
}
