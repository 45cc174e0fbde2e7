package espalier.tensor.cpu.vector.elementwise;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.Device;
import espalier.tensor.Layout;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import org.junit.jupiter.api.Test;

/** Copies that turn a tensor, with sizes beside those of registers and tiles, against an index at a time. */
class VectorCopyTest {
    private static final Device DEVICE = Device.cpu(2);

    @Test
    void matrices() {
        int[][] sizes = {{4, 4}, {4, 5}, {7, 9}, {8, 8}, {31, 33}, {32, 64}, {513, 40}, {40, 513}, {1030, 35}};
        for (int[] size : sizes) {
            Tensor x = RandomSource.of(1).uniform(DEVICE, Shape.of(size[0], size[1]), -1, 1);
            turned(x, 1, 0);
            turned(x.narrow(0, 1, size[0] - 1).narrow(1, 1, size[1] - 1), 1, 0);
        }
    }

    @Test
    void imagesAndTheirChannels() {
        Tensor x = RandomSource.of(2).uniform(DEVICE, Shape.of(3, 5, 6, 11), -1, 1);
        for (int[] order : new int[][] {{0, 2, 3, 1}, {0, 3, 1, 2}, {3, 2, 1, 0}, {1, 0, 3, 2}, {2, 0, 1, 3}}) {
            turned(x, order);
            turned(x.flip(0), order);
        }
    }

    /** The target may be the one that does not lie row by row. */
    @Test
    void intoAView() {
        Tensor x = RandomSource.of(3).uniform(DEVICE, Shape.of(37, 21), -1, 1);
        Tensor whole = Tensor.full(DEVICE, x.dtype(), Shape.of(25, 40), 7);
        Tensor target = whole.narrow(0, 2, 21).narrow(1, 3, 37).t();
        target.copyInPlace(x);
        float[] stored = whole.toFloats();
        float[] values = x.toFloats();
        float[] expected = new float[25 * 40];
        for (int i = 0; i < expected.length; i++) {
            int row = i / 40 - 2;
            int column = i % 40 - 3;
            boolean inside = row >= 0 && row < 21 && column >= 0 && column < 37;
            expected[i] = inside ? values[column * 21 + row] : 7;
        }
        assertArrayEquals(expected, stored);
    }

    @Test
    void operandsOfElementwiseOperationsAreTurnedFirst() {
        Tensor x = RandomSource.of(4).uniform(DEVICE, Shape.of(130, 130), -1, 1);
        float[] values = x.toFloats();
        try (TensorScope _ = TensorScope.open()) {
            float[] sums = x.add(x.t()).toFloats();
            float[] squares = x.t().square().toFloats();
            for (int i = 0; i < sums.length; i++) {
                float other = values[i % 130 * 130 + i / 130];
                assertEquals(values[i] + other, sums[i]);
                assertEquals(other * other, squares[i]);
            }
        }
    }

    /**
     * Runs of one axis: whole, in part, stepped on either side, backwards, one value many times; many short and one
     * long.
     */
    @Test
    void runByRun() {
        for (int width : new int[] {1, 7, 8, 9, 15, 16, 17, 33, 70_001}) {
            Tensor x = RandomSource.of(5).uniform(DEVICE, Shape.of(width > 100 ? 1 : 29, width), -1, 1);
            int rows = x.dim(0);
            same(x);
            same(x.narrow(1, width / 2, width - width / 2));
            same(x.flip(1));
            same(x.narrow(1, 0, 1).expand(rows, 37));
            for (int step : new int[] {2, 3}) {
                same(x.slice(1, 0, width, step));
                same(x.slice(1, width / 3, width, step).slice(0, 0, rows, 2));
            }
        }
        same(RandomSource.of(6)
                .uniform(DEVICE, Shape.of(5, 3, 18, 34), -1, 1)
                .slice(2, 0, 18, 2)
                .slice(3, 1, 34, 2));
    }

    /** Into contiguous memory, and into every second or third place of memory that keeps what lies between. */
    private static void same(Tensor view) {
        float[] expected = view.toFloats();
        Tensor dense = Tensor.allocate("test", DEVICE, view.dtype(), view.shape());
        DEVICE.backend().copy(view, dense);
        assertArrayEquals(expected, dense.toFloats());
        int last = view.rank() - 1;
        for (int step : new int[] {2, 3}) {
            int[] wide = view.shape().toArray();
            wide[last] = wide[last] * step + 1;
            Tensor whole = Tensor.full(DEVICE, view.dtype(), Shape.of(wide), 7);
            Tensor target = whole.slice(last, 1, wide[last], step);
            DEVICE.backend().copy(view, target);
            assertArrayEquals(expected, target.toFloats());
            float[] stored = whole.toFloats();
            for (int i = 0; i < stored.length; i++) {
                int column = i % wide[last] - 1;
                if (column < 0 || column % step != 0) {
                    assertEquals(7f, stored[i], "between");
                }
            }
        }
    }

    /** Compares with the elements found by their index in the layout. */
    private static void turned(Tensor x, int... order) {
        Tensor view = x.permute(order);
        int[] dims = view.shape().toArray();
        float[] stored =
                x.view(Layout.contiguous(Shape.of(x.storage().length()))).toFloats();
        float[] expected = new float[view.size()];
        for (int i = 0; i < expected.length; i++) {
            int at = view.layout().offset();
            int rest = i;
            for (int axis = dims.length - 1; axis >= 0; axis--) {
                at += rest % dims[axis] * view.layout().stride(axis);
                rest /= dims[axis];
            }
            expected[i] = stored[at];
        }
        assertArrayEquals(expected, view.copy().toFloats(), view.layout().toString());
    }
}
