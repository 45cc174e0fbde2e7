package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random chains of views against a model without strides: a list that says, for each element in row-major order, which
 * element of the first tensor it is.
 */
class ViewsTest {
    /**
     * The model of a view.
     *
     * @param dims its sizes
     * @param from for each element, its place in the first tensor
     */
    private record Model(int[] dims, int[] from) {
        /** The element at an index. */
        int at(int[] index) {
            int place = 0;
            for (int axis = 0; axis < dims.length; axis++) {
                place = place * dims[axis] + index[axis];
            }
            return from[place];
        }

        /** Which index of this model an index of the new one reads. */
        private interface Source {
            int[] of(int[] index);
        }

        /** A view of other sizes whose elements are looked up one by one. */
        Model lookup(int[] newDims, Source source) {
            int size = Arrays.stream(newDims).reduce(1, (a, b) -> a * b);
            int[] picked = new int[size];
            int[] index = new int[newDims.length];
            for (int i = 0; i < size; i++) {
                int rest = i;
                for (int axis = newDims.length - 1; axis >= 0; axis--) {
                    index[axis] = rest % newDims[axis];
                    rest /= newDims[axis];
                }
                picked[i] = at(source.of(index.clone()));
            }
            return new Model(newDims, picked);
        }
    }

    /** A view and its model, taken through the same random steps. */
    private static final class Chain {
        private final Random random;
        private final StringBuilder steps = new StringBuilder();
        private Tensor tensor;
        private Model model;

        Chain(long seed) {
            this.random = new Random(seed);
            int[] dims = new int[random.nextInt(4) + 1];
            Arrays.setAll(dims, i -> random.nextInt(12) == 0 ? 0 : random.nextInt(4) + 1);
            Shape shape = Shape.of(dims);
            tensor = Tensor.arange(Device.reference(), 0, shape.size()).reshape(shape);
            int[] from = new int[shape.size()];
            Arrays.setAll(from, i -> i);
            model = new Model(dims, from);
            steps.append(shape);
        }

        void step() {
            int rank = model.dims.length;
            switch (random.nextInt(9)) {
                case 0 -> permute();
                case 1 -> reshape();
                case 2 -> unsqueeze(random.nextInt(rank + 1));
                case 3 -> expand();
                default -> {
                    if (rank > 0) {
                        alongAxis(random.nextInt(rank));
                    }
                }
            }
        }

        private void alongAxis(int axis) {
            int size = model.dims[axis];
            switch (random.nextInt(5)) {
                case 0 -> narrow(axis, size);
                case 1 -> slice(axis, size);
                case 2 -> flip(axis, size);
                case 3 -> {
                    if (size == 1) {
                        squeeze(axis);
                    }
                }
                default -> {
                    if (size > 0) {
                        select(axis, random.nextInt(size));
                    }
                }
            }
        }

        private void permute() {
            int[] order = RandomSource.of(random.nextLong()).permutation(model.dims.length);
            int[] dims = new int[order.length];
            Arrays.setAll(dims, i -> model.dims[order[i]]);
            tensor = tensor.permute(order);
            model = model.lookup(dims, index -> {
                int[] original = new int[order.length];
                for (int i = 0; i < order.length; i++) {
                    original[order[i]] = index[i];
                }
                return original;
            });
            steps.append(" permute").append(Arrays.toString(order));
        }

        /** Row-major order stays; sizes are split and merged at random. */
        private void reshape() {
            int size = model.from.length;
            int[] dims = {size};
            if (size > 0) {
                int first = random.nextInt(size) + 1;
                while (size % first != 0) {
                    first--;
                }
                dims = random.nextBoolean() ? new int[] {first, size / first} : new int[] {size / first, 1, first};
            }
            tensor = random.nextBoolean() && size > 0 ? tensor.reshape(withOpen(dims)) : tensor.reshape(dims);
            model = new Model(dims, model.from);
            steps.append(" reshape").append(Arrays.toString(dims));
        }

        private int[] withOpen(int[] dims) {
            int[] open = dims.clone();
            open[random.nextInt(open.length)] = -1;
            return open;
        }

        private void unsqueeze(int axis) {
            tensor = tensor.unsqueeze(axis);
            model = new Model(tensor.shape().toArray(), model.from);
            steps.append(" unsqueeze ").append(axis);
        }

        private void squeeze(int axis) {
            tensor = tensor.squeeze(axis);
            model = new Model(tensor.shape().toArray(), model.from);
            steps.append(" squeeze ").append(axis);
        }

        private void expand() {
            if (model.from.length > 500) {
                return;
            }
            int[] dims = new int[model.dims.length + random.nextInt(2)];
            int lead = dims.length - model.dims.length;
            for (int i = 0; i < dims.length; i++) {
                int old = i < lead ? 1 : model.dims[i - lead];
                dims[i] = old == 1 ? random.nextInt(3) + 1 : old;
            }
            int[] old = model.dims;
            tensor = tensor.expand(dims);
            model = model.lookup(dims, index -> {
                int[] original = Arrays.copyOfRange(index, lead, index.length);
                for (int i = 0; i < original.length; i++) {
                    original[i] = old[i] == 1 ? 0 : original[i];
                }
                return original;
            });
            steps.append(" expand").append(Arrays.toString(dims));
        }

        private void narrow(int axis, int size) {
            int start = random.nextInt(size + 1);
            int count = random.nextInt(size - start + 1);
            tensor = tensor.narrow(axis, start, count);
            resized(axis, count, i -> start + i);
            steps.append(" narrow ")
                    .append(axis)
                    .append(' ')
                    .append(start)
                    .append(' ')
                    .append(count);
        }

        private void slice(int axis, int size) {
            int start = random.nextInt(size + 1);
            int end = start + random.nextInt(size - start + 1);
            int step = random.nextInt(3) + 1;
            tensor = tensor.slice(axis, start, end, step);
            int count = 0;
            for (int i = start; i < end; i += step) {
                count++;
            }
            resized(axis, count, i -> start + i * step);
            steps.append(" slice ")
                    .append(axis)
                    .append(' ')
                    .append(start)
                    .append(' ')
                    .append(end);
            steps.append(' ').append(step);
        }

        private void flip(int axis, int size) {
            tensor = tensor.flip(axis);
            resized(axis, size, i -> size - 1 - i);
            steps.append(" flip ").append(axis);
        }

        private void resized(int axis, int count, java.util.function.IntUnaryOperator source) {
            int[] dims = model.dims.clone();
            dims[axis] = count;
            model = model.lookup(dims, index -> {
                index[axis] = source.applyAsInt(index[axis]);
                return index;
            });
        }

        private void select(int axis, int at) {
            int[] dims = new int[model.dims.length - 1];
            for (int i = 0; i < dims.length; i++) {
                dims[i] = model.dims[i < axis ? i : i + 1];
            }
            tensor = tensor.select(axis, at);
            model = model.lookup(dims, index -> {
                int[] original = new int[index.length + 1];
                for (int i = 0; i < original.length; i++) {
                    original[i] = i < axis ? index[i] : i == axis ? at : index[i - 1];
                }
                return original;
            });
            steps.append(" select ").append(axis).append(' ').append(at);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4})
    void chainsOfViewsReadWhatTheModelSays(long block) {
        for (long seed = block * 2000; seed < (block + 1) * 2000; seed++) {
            Chain chain = new Chain(seed);
            for (int step = 0; step < 6; step++) {
                chain.step();
                assertEquals(Shape.of(chain.model.dims), chain.tensor.shape(), chain.steps::toString);
                assertArrayEquals(chain.model.from, chain.tensor.toInts(), chain.steps::toString);
                Tensor packed = chain.tensor.contiguous();
                assertTrue(packed.layout().isContiguous(), chain.steps::toString);
                assertArrayEquals(chain.model.from, packed.toInts(), chain.steps::toString);
            }
        }
    }

    @Test
    void unstackGivesTheSlicesAsViews() {
        Tensor x = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}).reshape(2, 3);
        List<Tensor> columns = x.unstack(-1);
        assertEquals(3, columns.size());
        for (int i = 0; i < 3; i++) {
            assertArrayEquals(new float[] {1 + i, 4 + i}, columns.get(i).toFloats());
            assertSame(x.storage(), columns.get(i).storage());
        }
        assertArrayEquals(x.toFloats(), Shaping.stack(1, columns).toFloats());
        assertEquals(List.of(), x.narrow(0, 0, 0).unstack(0));
        assertEquals(
                "unstack: axis 2 is out of range for shape [2, 3]",
                assertThrows(ShapeException.class, () -> x.unstack(2)).getMessage());
    }

    @Test
    void writingThroughAViewChangesItsElementsOnly() {
        for (long seed = 0; seed < 2000; seed++) {
            Chain chain = new Chain(seed);
            Tensor first = chain.tensor;
            for (int step = 0; step < 3; step++) {
                chain.step();
            }
            if (chain.tensor.storage() != first.storage()) {
                continue; // a reshape had to copy
            }
            chain.tensor.fillInPlace(-5);
            int[] expected = new int[first.size()];
            Arrays.setAll(expected, i -> i);
            for (int place : chain.model.from) {
                expected[place] = -5;
            }
            assertArrayEquals(expected, first.toInts(), chain.steps::toString);
        }
    }

    @Test
    void reshapesThatStridesCanSay() {
        Tensor x = Tensor.arange(Device.reference(), 0, 24).reshape(2, 3, 4);
        assertSame(x.storage(), x.reshape(4, 6).storage());
        assertSame(x.storage(), x.narrow(0, 1, 1).reshape(12).storage());
        assertSame(x.storage(), x.narrow(2, 1, 2).reshape(6, 2).storage(), "rows with gaps stay rows");
        assertSame(x.storage(), x.t().reshape(2, 2, 2, 3).storage(), "an axis is split where it lies");
        assertSame(
                x.storage(),
                x.select(1, 0).unsqueeze(1).expand(2, 5, 4).reshape(2, 5, 2, 2).storage());
        assertTrue(x.t().reshape(24).storage() != x.storage(), "a transpose is no run");
        assertTrue(x.narrow(2, 1, 2).reshape(12).storage() != x.storage());
    }
}
