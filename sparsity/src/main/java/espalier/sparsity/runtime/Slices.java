package espalier.sparsity.runtime;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * A large batch, some images at a time: the values of all steps for these few stay in the caches, where those of the
 * whole batch would go out to memory and come back for each step.
 */
final class Slices implements BatchCall {
    /** Images that kernels take side by side. */
    private static final int SIDE_BY_SIDE = 8;

    private final Tensor input;
    private final Tensor output;
    private final List<BatchCall> parts = new ArrayList<>();
    private final List<Runnable> calls = new ArrayList<>();

    /**
     * @param most images at a time, less than the batch
     * @param whole makes the memory for so many images
     */
    Slices(Device device, Shape image, Shape result, int batch, int most, IntFunction<BatchCall> whole) {
        int size = size(batch, most);
        BatchCall part = whole.apply(size);
        input = allocated(device, image.inserting(0, batch));
        output = allocated(device, result.inserting(0, batch));
        Backend backend = device.backend();
        for (int from = 0; from < batch; from += size) {
            int count = Math.min(size, batch - from);
            BatchCall slice = count == size ? part : whole.apply(count);
            Tensor images = input.narrow(0, from, count);
            Tensor results = output.narrow(0, from, count);
            parts.add(slice);
            calls.add(backend.prepared(() -> backend.copy(images, slice.input())));
            calls.add(slice::run);
            calls.add(backend.prepared(() -> backend.copy(slice.output(), results)));
        }
    }

    /** As even as possible, and whole sets of images side by side. */
    static int size(int batch, int most) {
        int even = Math.ceilDiv(batch, Math.ceilDiv(batch, most));
        return Math.min(batch, Math.ceilDiv(even, SIDE_BY_SIDE) * SIDE_BY_SIDE);
    }

    private static Tensor allocated(Device device, Shape shape) {
        Tensor made = Tensor.allocate("inference", device, DType.F32, shape);
        made.storage().moveTo(Optional.empty());
        return made;
    }

    @Override
    public int batch() {
        return input.dim(0);
    }

    @Override
    public Tensor input() {
        return input;
    }

    @Override
    public Tensor output() {
        return output;
    }

    @Override
    public void run() {
        for (int i = 0; i < calls.size(); i++) {
            calls.get(i).run();
        }
    }

    @Override
    public void run(int step) {
        for (int i = 0; i < parts.size(); i++) {
            parts.get(i).run(step);
        }
    }
}
