package espalier.tensor.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HeapPoolTest {
    private static final int LARGE = 1 << 19;

    /** 16 bytes of header and 48 of elements that belong to nobody: the next one begins a line. */
    @ParameterizedTest
    @EnumSource(DType.class)
    void largeStoragesBeginALine(DType dtype) {
        var pool = new HeapPool();
        int elements = (1 << 21) / dtype.bytes();
        assertEquals(48, pool.allocate(dtype, elements).start() * dtype.bytes());
        assertEquals(0, pool.allocate(dtype, elements - 1).start());
        assertEquals(0, pool.allocate(dtype, 0).start());
        try (TensorScope _ = TensorScope.open()) {
            assertEquals(48, pool.allocate(dtype, elements).start() * dtype.bytes());
        }
    }

    @Test
    void arraysComeBackToTheirClass() {
        var pool = new HeapPool();
        try (TensorScope _ = TensorScope.open()) {
            for (int length : new int[] {17, LARGE, LARGE + 12, LARGE + 1}) {
                HeapStorage first = pool.allocate(DType.F32, length);
                long before = pool.freeBytes();
                first.release();
                assertEquals(before + 4L * HeapPool.sizeClass(length), pool.freeBytes(), "given back");
                HeapStorage second = pool.allocate(DType.F32, length);
                assertSame(first.floats(), second.floats());
                assertEquals(first.start(), second.start());
                assertEquals(before, pool.freeBytes(), "taken again");
            }
        }
        HeapStorage exact = pool.allocate(DType.F32, LARGE + 13);
        assertEquals(12 + LARGE + 13, exact.floats().length);
    }

    /** Whatever looks at a large tensor finds its elements, and not those before the first. */
    @ParameterizedTest
    @EnumSource(names = {"F64", "F32", "I64", "I32", "U8"})
    void largeTensorsHoldWhatTheyAreGiven(DType dtype) {
        int rows = (1 << 21) / 8 / dtype.bytes() + 1;
        for (Device device : new Device[] {Device.cpu(), Device.reference()}) {
            Tensor counted = Tensor.arange(device, 0, rows * 8).to(dtype);
            assertNotEquals(0, counted.layout().offset());
            double[] all = counted.to(DType.F64).toDoubles();
            for (int i = 0; i < all.length; i++) {
                assertEquals(dtype == DType.U8 ? i % 256 : i, all[i]);
            }
            Tensor table = counted.reshape(rows, 8);
            assertEquals(all[8 * 5 + 3], table.narrow(0, 5, 1).select(1, 3).item());
            assertArrayEquals(
                    all, table.t().contiguous().t().copy().to(DType.F64).toDoubles());
            assertEquals(
                    all[rows * 8 - 1], table.flip(0).select(0, 0).select(0, 7).item());
        }
    }

    @Test
    void theIdentityIsOne() {
        Tensor eye = Tensor.eye(Device.cpu(), 800);
        assertEquals(800, eye.sum().item());
        assertEquals(1, eye.select(0, 799).select(0, 799).item());
        assertEquals(1, eye.select(0, 0).select(0, 0).item());
    }

    @Test
    void whatLiesBeforeTheFirstElementIsNobodys() {
        Tensor large = Tensor.zeros(Device.cpu(), DType.F32, Shape.of(LARGE));
        String message = assertThrows(ShapeException.class, () -> large.view(Layout.contiguous(large.shape())))
                .getMessage();
        assertTrue(message.contains("reaches from element -12 to 524275 of a storage of 524288"), message);
    }
}
