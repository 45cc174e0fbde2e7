package espalier.tensor.io;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Random;
import java.util.Set;

/** Seeded tensors of any type and shape, filled with any bits. */
final class RandomTensors {
    private static final int[] SIZES = {0, 1, 2, 3, 5, 7, 17};

    private RandomTensors() {}

    /** A scalar, an empty one, and some of one to five axes. */
    static Set<Shape> shapes(Random random) {
        Set<Shape> shapes = new LinkedHashSet<>();
        shapes.add(Shape.scalar());
        shapes.add(Shape.of(2, 0, 3));
        for (int rank = 1; rank <= 5; rank++) {
            int[] dims = new int[rank];
            int choices = rank > 3 ? 4 : SIZES.length;
            Arrays.setAll(dims, _ -> SIZES[random.nextInt(choices)]);
            shapes.add(Shape.of(dims));
        }
        return shapes;
    }

    static Tensor of(Random random, Device device, DType dtype, Shape shape) {
        byte[] bits = new byte[shape.size() * dtype.bytes()];
        random.nextBytes(bits);
        if (dtype == DType.BOOL) {
            for (int i = 0; i < bits.length; i++) {
                bits[i] &= 1;
            }
        }
        return Tensor.of(device, dtype, MemorySegment.ofArray(bits), shape);
    }

    /** Type, shape and every bit. */
    static void assertSame(Tensor expected, Tensor actual) {
        assertEquals(expected.dtype(), actual.dtype());
        assertEquals(expected.shape(), actual.shape());
        assertArrayEquals(expected.toBytes(), actual.toBytes());
    }
}
