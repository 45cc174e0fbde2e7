package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class TensorTest {
    private static final Device DEVICE = Device.reference();

    @Test
    void madeOfValues() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
        assertEquals(Shape.of(2, 3), x.shape());
        assertEquals(DType.F32, x.dtype());
        assertEquals(6, x.size());
        assertEquals(3, x.dim(-1));
        assertEquals(6.0, x.get(1, 2));
        assertEquals(Shape.of(3), Tensor.of(new int[] {7, 8, 9}).shape());
        assertArrayEquals(
                new int[] {1, 0, 1},
                Tensor.of(new boolean[] {true, false, true}).toInts());
        assertEquals(2.5, Tensor.scalar(2.5f).item());
        assertEquals(Shape.of(0, 4), Tensor.of(new float[0], 0, 4).shape());
    }

    @Test
    void valuesAreCopiedIn() {
        float[] values = {1, 2};
        Tensor x = Tensor.of(values);
        values[0] = 99;
        assertArrayEquals(new float[] {1, 2}, x.toFloats());
        x.toFloats()[0] = 99;
        assertArrayEquals(new float[] {1, 2}, x.toFloats());
    }

    @Test
    void madeOfRules() {
        assertArrayEquals(new float[] {0, 0, 0}, Tensor.zeros(3).toFloats());
        assertArrayEquals(new float[] {1, 1}, Tensor.ones(2).toFloats());
        assertArrayEquals(new float[] {-2, -2}, Tensor.full(-2, 1, 2).toFloats());
        assertArrayEquals(new int[] {-1, 0, 1}, Tensor.arange(DEVICE, -1, 2).toInts());
        assertEquals(0, Tensor.arange(DEVICE, 3, 1).size());
        assertArrayEquals(
                new float[] {0, 0.25f, 0.5f, 0.75f, 1},
                Tensor.linspace(DEVICE, 0, 1, 5).toFloats());
        assertArrayEquals(new float[] {3}, Tensor.linspace(DEVICE, 3, 9, 1).toFloats());
        assertArrayEquals(
                new float[] {1, 0, 0, 0, 1, 0, 0, 0, 1}, Tensor.eye(DEVICE, 3).toFloats());
        assertEquals(0, Tensor.eye(DEVICE, 0).size());
        Tensor zeros = Tensor.of(DEVICE, new double[] {5}, Shape.of(1)).zerosLike();
        assertEquals(DType.F64, zeros.dtype());
        assertSame(DEVICE, zeros.device());
    }

    @Test
    void madeOfPackedBytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment packed = arena.allocate(12);
            packed.set(ValueLayout.JAVA_INT_UNALIGNED, 0, 7);
            packed.set(ValueLayout.JAVA_INT_UNALIGNED, 4, -7);
            packed.set(ValueLayout.JAVA_INT_UNALIGNED, 8, Integer.MIN_VALUE);
            Tensor x = Tensor.of(DEVICE, DType.I32, packed, Shape.of(3));
            assertArrayEquals(new int[] {7, -7, Integer.MIN_VALUE}, x.toInts());
        }
        byte[] bytes = {0, 127, -128, -1};
        assertArrayEquals(
                new int[] {0, 127, -128, -1},
                Tensor.of(DEVICE, DType.I8, bytes, Shape.of(4)).toInts());
        assertArrayEquals(
                new int[] {0, 127, 128, 255},
                Tensor.of(DEVICE, DType.U8, bytes, Shape.of(4)).toInts());
        assertArrayEquals(bytes, Tensor.of(DEVICE, DType.U8, bytes, Shape.of(4)).toBytes());
    }

    @Test
    void conversions() {
        Tensor x = Tensor.of(new float[] {-1.9f, -0.5f, 0, 0.9f, 2.7f});
        assertArrayEquals(new int[] {-1, 0, 0, 0, 2}, x.to(DType.I32).toInts());
        assertArrayEquals(new int[] {1, 1, 0, 1, 1}, x.to(DType.BOOL).toInts());
        assertSame(x, x.to(DType.F32));
        assertSame(x, x.to(x.device()));
        Tensor large = Tensor.of(DEVICE, new long[] {Long.MAX_VALUE, 1L << 53, -1}, Shape.of(3));
        assertArrayEquals(large.toBytes(), large.copy().toBytes(), "an I64 copy keeps all bits");
        assertArrayEquals(new double[] {0x1p63, 0x1p53, -1}, large.toDoubles());
        double[] fine = {1 + 0x1p-40, Math.PI};
        assertArrayEquals(fine, Tensor.of(DEVICE, fine, Shape.of(2)).toDoubles());
        Tensor half = Tensor.of(new float[] {1, 65_504, 1e6f, 5.9604645e-8f}).to(DType.F16);
        assertArrayEquals(new float[] {1, 65_504, Float.POSITIVE_INFINITY, 5.9604645e-8f}, half.toFloats());
    }

    @Test
    void movesBetweenDevices() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2).t();
        Tensor there = x.to(DEVICE);
        assertSame(DEVICE, there.device());
        assertArrayEquals(new float[] {1, 3, 2, 4}, there.toFloats());
        refused("add: lhs is on cpu, rhs on reference; move one with .to(device)", () -> x.add(there));
    }

    @Test
    void contiguousAndCopy() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        assertSame(x, x.contiguous());
        assertNotSame(x.storage(), x.copy().storage());
        Tensor t = x.t().contiguous();
        assertTrue(t.layout().isContiguous());
        assertArrayEquals(new float[] {1, 3, 2, 4}, t.toFloats());
        assertSame(x.storage(), x.narrow(0, 1, 1).contiguous().storage(), "a row is contiguous where it lies");
    }

    @Test
    void writingInPlaceShowsInEveryView() {
        Tensor x = Tensor.zeros(2, 3);
        Tensor column = x.select(1, 1);
        column.fillInPlace(5);
        assertArrayEquals(new float[] {0, 5, 0, 0, 5, 0}, x.toFloats());
        x.t().addInPlace(Tensor.of(new float[] {1, 2}));
        assertArrayEquals(new float[] {1, 6, 1, 2, 7, 2}, x.toFloats());
        column.mulInPlace(10).addInPlace(0.5);
        assertArrayEquals(new float[] {1, 60.5f, 1, 2, 70.5f, 2}, x.toFloats());
        x.flip(1).copyInPlace(Tensor.of(new int[] {7, 8, 9}));
        assertArrayEquals(new float[] {9, 8, 7, 9, 8, 7}, x.toFloats());
        x.narrow(0, 0, 1).subInPlace(Tensor.scalar(1)).divInPlace(Tensor.scalar(2));
        assertArrayEquals(new float[] {4, 3.5f, 3, 9, 8, 7}, x.toFloats());
    }

    /** The right side is read before anything is written, also if it is another view of the same memory. */
    @Test
    void writingInPlaceFromAnotherViewOfTheSameMemory() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4}, 2, 2);
        x.addInPlace(x.t());
        assertArrayEquals(new float[] {2, 5, 5, 8}, x.toFloats());
        Tensor y = Tensor.of(new float[] {1, 2, 3, 4, 5});
        y.copyInPlace(y.flip(0));
        assertArrayEquals(new float[] {5, 4, 3, 2, 1}, y.toFloats());
        y.narrow(0, 1, 4).copyInPlace(y.narrow(0, 0, 4));
        assertArrayEquals(new float[] {5, 5, 4, 3, 2}, y.toFloats());
        y.subInPlace(y.select(0, 0));
        assertArrayEquals(new float[] {0, 0, -1, -2, -3}, y.toFloats());
        y.addInPlace(y);
        assertArrayEquals(new float[] {0, 0, -2, -4, -6}, y.toFloats());
        Tensor z = Tensor.of(new float[] {1, 2, 3});
        z.scatterAddInPlace(0, Tensor.of(new int[] {1, 2, 0}), z.flip(0));
        assertArrayEquals(new float[] {1 + 1, 2 + 3, 3 + 2}, z.toFloats());
    }

    @Test
    void whatCannotBeMade() {
        refused("of: 3 values for shape [2, 2] (3 ≠ 4)", () -> Tensor.of(new float[3], 2, 2));
        assertEquals(
                "of: bytes cannot make a tensor of F32",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> Tensor.of(DEVICE, DType.F32, new byte[4], Shape.of(1)))
                        .getMessage());
        refused("item: needs one element, not shape [2]", () -> Tensor.zeros(2).item());
        refused("get: 1 indices for shape [2, 2]", () -> Tensor.zeros(2, 2).get(1));
        refused(
                "get: index 2 is out of range for axis 0 of [2] (size 2)",
                () -> Tensor.zeros(2).get(2));
        refused("layout: 1 strides for shape [2, 2]", () -> Layout.strided(Shape.of(2, 2), new int[1], 0));
        refused(
                "copyInPlace: [3] cannot be stretched to [2] (3 ≠ 2)",
                () -> Tensor.zeros(2).copyInPlace(Tensor.zeros(3)));
    }

    @Test
    void printsItself() {
        assertEquals(
                "F32 [2] on cpu [1.0, -2.5]", Tensor.of(new float[] {1, -2.5f}).toString());
        assertEquals("I32 [100] on reference", Tensor.arange(DEVICE, 0, 100).toString());
        assertEquals("shape [2, 3] strides [3, 1] offset 0", "shape " + Layout.contiguous(Shape.of(2, 3)));
    }

    @Test
    void devicesHaveNames() {
        assertSame(Device.cpu(), Device.named("cpu"));
        assertSame(DEVICE, Device.named("reference"));
        String message = assertThrows(IllegalArgumentException.class, () -> Device.named("abacus:0"))
                .getMessage();
        assertTrue(message.startsWith("device: there is no abacus:0 here; there are cpu, reference"), () -> message);
        assertEquals(
                "device: a CPU device needs at least 1 thread, not 0",
                assertThrows(IllegalArgumentException.class, () -> Device.cpu(0))
                        .getMessage());
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(ShapeException.class, call).getMessage());
    }
}
