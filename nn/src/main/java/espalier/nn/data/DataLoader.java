package espalier.nn.data;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.function.Consumer;

/**
 * Cuts a data set into batches, in an order and with augmentations that depend on seed and epoch alone, and reads ahead
 * on virtual threads while the previous batch is computed.
 *
 * <pre>{@code
 * DataLoader loader = DataLoader.of(train, 128).shuffled(RandomSource.of(1)).with(Transform.flip());
 * loader.forEach(epoch, 0, batch -> step(batch));
 * }</pre>
 */
public final class DataLoader {
    private static final int AHEAD = 2;

    private final Dataset data;
    private final int batchSize;
    private final boolean shuffle;
    private final RandomSource random;
    private final Transform transform;
    private final Device device;

    private DataLoader(
            Dataset data, int batchSize, boolean shuffle, RandomSource random, Transform transform, Device device) {
        this.data = data;
        this.batchSize = batchSize;
        this.shuffle = shuffle;
        this.random = random;
        this.transform = transform;
        this.device = device;
    }

    /** Batches in the order of the data set, onto the default CPU device. The last may be smaller. */
    public static DataLoader of(Dataset data, int batchSize) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batch: size " + batchSize + " must be at least 1");
        }
        return new DataLoader(data, batchSize, false, RandomSource.of(0), Transform.none(), Device.cpu());
    }

    /** In an order that is drawn anew for each epoch. */
    public DataLoader shuffled(RandomSource source) {
        return new DataLoader(data, batchSize, true, source, transform, device);
    }

    /** With a change made to each sample. */
    public DataLoader with(Transform change) {
        return new DataLoader(data, batchSize, shuffle, random, change, device);
    }

    /** Onto another device. */
    public DataLoader on(Device target) {
        return new DataLoader(data, batchSize, shuffle, random, transform, target);
    }

    /** The data. */
    public Dataset data() {
        return data;
    }

    /** Batches an epoch. */
    public int batches() {
        return Math.ceilDiv(data.size(), batchSize);
    }

    /**
     * Hands the batches of an epoch to {@code body} one after the other, beginning with batch {@code from}. Each call
     * runs in a {@link TensorScope}: the batch, and what the body allocates, is given back afterwards.
     */
    public void forEach(int epoch, int from, Consumer<Batch> body) {
        if (from < 0) {
            throw new IllegalArgumentException("loader: cannot begin with batch " + from);
        }
        int[] order = order(epoch);
        Deque<FutureTask<Samples>> ahead = new ArrayDeque<>();
        try {
            forEach(epoch, from, order, ahead, body);
        } finally {
            ahead.forEach(task -> task.cancel(false));
        }
    }

    private void forEach(int epoch, int from, int[] order, Deque<FutureTask<Samples>> ahead, Consumer<Batch> body) {
        Deque<float[]> spare = new ArrayDeque<>();
        int most = Math.min(batchSize, data.size()) * data.sampleShape().size();
        int next = from;
        for (int batch = from; batch < batches(); batch++) {
            while (next < batches() && ahead.size() <= AHEAD) {
                int number = next++;
                float[] buffer = spare.isEmpty() ? new float[most] : spare.pop();
                FutureTask<Samples> task = new FutureTask<>(() -> read(epoch, order, number, buffer));
                Thread.ofVirtual().start(task);
                ahead.add(task);
            }
            Samples samples = await(ahead.remove());
            try (TensorScope _ = TensorScope.open()) {
                Batch loaded = samples.onto(device);
                spare.push(samples.values);
                body.accept(loaded);
            }
        }
    }

    private int[] order(int epoch) {
        if (shuffle) {
            return random.split("order").split(epoch).permutation(data.size());
        }
        int[] order = new int[data.size()];
        Arrays.setAll(order, i -> i);
        return order;
    }

    private Samples read(int epoch, int[] order, int batch, float[] values) {
        int start = batch * batchSize;
        int count = Math.min(batchSize, data.size() - start);
        Shape shape = data.sampleShape();
        int[] labels = new int[count];
        RandomSource ofEpoch = random.split("transform").split(epoch);
        for (int i = 0; i < count; i++) {
            int index = order[start + i];
            data.copySample(index, values, i * shape.size());
            transform.apply(values, i * shape.size(), shape, ofEpoch.split(index));
            labels[i] = data.label(index);
        }
        return new Samples(values, labels, shape.inserting(0, count));
    }

    private static Samples await(FutureTask<Samples> task) {
        try {
            return task.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("the wait for a batch was interrupted", e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException cause) {
                throw cause;
            }
            throw new CompletionException(e.getCause());
        }
    }

    private record Samples(float[] values, int[] labels, Shape shape) {
        Batch onto(Device device) {
            MemorySegment packed = MemorySegment.ofArray(values).asSlice(0, (long) shape.size() * Float.BYTES);
            return new Batch(
                    Tensor.of(device, DType.F32, packed, shape), Tensor.of(device, labels, Shape.of(labels.length)));
        }
    }
}
