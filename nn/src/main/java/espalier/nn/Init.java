package espalier.nn;

import espalier.tensor.Device;
import espalier.tensor.RandomSource;

/**
 * What a layer needs to make its parameters: where they live and the random numbers they start from. Each named part of
 * a model gets numbers of its own, so that adding a layer does not change how the others start.
 *
 * <pre>{@code
 * Init init = Init.of(42);
 * Linear first = new Linear(init.in("first"), 784, 300);
 * }</pre>
 *
 * @param device where parameters live
 * @param random where their first values come from
 */
public record Init(Device device, RandomSource random) {
    /** On the default CPU device, from a seed. */
    public static Init of(long seed) {
        return new Init(Device.cpu(), RandomSource.of(seed));
    }

    /** On a device, from a seed. */
    public static Init of(Device device, long seed) {
        return new Init(device, RandomSource.of(seed));
    }

    /** For a named part of the model. */
    public Init in(String part) {
        return new Init(device, random.split(part));
    }
}
