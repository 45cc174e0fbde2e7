package espalier.tensor;

/**
 * Random numbers from a seed: the same seed gives the same numbers on every machine.
 *
 * <p>SplitMix64 (Steele, Lea and Flood 2014): a counter passed through a mixing function, so that the whole state is
 * two numbers, which a checkpoint can hold. {@link #split} derives an independent source for a part of a program, so
 * that drawing more in one part does not change another.
 *
 * <pre>{@code
 * RandomSource random = RandomSource.of(42);
 * Tensor noise = random.normal(Device.cpu(), Shape.of(2, 3));
 * int[] order = random.split("shuffle").permutation(10);
 * }</pre>
 *
 * <p>Not safe for use by several threads at once: split instead.
 */
public final class RandomSource {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    private final long seed;
    private long drawn;

    private RandomSource(long seed, long drawn) {
        this.seed = seed;
        this.drawn = drawn;
    }

    /** The source of a seed. */
    public static RandomSource of(long seed) {
        return new RandomSource(mix(seed + GOLDEN), 0);
    }

    /**
     * All there is to know about a source: restore it with {@link #resume}.
     *
     * @param seed which sequence
     * @param drawn how many 64-bit numbers it has given
     */
    public record State(long seed, long drawn) {}

    /** Where this source stands. */
    public State state() {
        return new State(seed, drawn);
    }

    /** A source that goes on from a saved state. */
    public static RandomSource resume(State state) {
        return new RandomSource(state.seed, state.drawn);
    }

    /** An independent source for a named part; depends on this one's seed, not on how much was drawn. */
    public RandomSource split(String name) {
        long hash = seed;
        for (int i = 0; i < name.length(); i++) {
            hash = mix(hash * 31 + name.charAt(i));
        }
        return new RandomSource(mix(hash ^ 0xD1B54A32D192ED03L), 0);
    }

    /** An independent source for a numbered part, such as an epoch. */
    public RandomSource split(long number) {
        return new RandomSource(mix(mix(seed ^ 0xD1B54A32D192ED03L) + number * GOLDEN), 0);
    }

    /** 64 random bits. */
    public long nextLong() {
        drawn++;
        return mix(seed + drawn * GOLDEN);
    }

    private static long mix(long z) {
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** A number from 0 (included) to 1 (not), with 53 random bits. */
    public double nextDouble() {
        return (nextLong() >>> 11) * 0x1.0p-53;
    }

    /** An integer from 0 to {@code bound}−1, each as likely as the other to within 2<sup>−32</sup>. */
    public int nextInt(int bound) {
        if (bound < 1) {
            throw new IllegalArgumentException("nextInt: bound " + bound + " must be at least 1");
        }
        return (int) Math.multiplyHigh(nextLong() >>> 1, (long) bound << 1);
    }

    /**
     * A normal number with mean 0 and variance 1, by Box and Muller's formula; {@link StrictMath} keeps it portable.
     */
    public double nextGaussian() {
        double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble()));
        return radius * StrictMath.cos(2 * Math.PI * nextDouble());
    }

    /** The numbers 0 to {@code n}−1 in random order (Fisher and Yates). */
    public int[] permutation(int n) {
        if (n < 0) {
            throw new IllegalArgumentException("permutation: of " + n + " numbers, which is negative");
        }
        int[] order = new int[n];
        for (int i = 0; i < n; i++) {
            int j = nextInt(i + 1);
            order[i] = order[j];
            order[j] = i;
        }
        return order;
    }

    /** F32 values evenly spread from {@code low} (included) to {@code high} (not, unless it is {@code low}). */
    public Tensor uniform(Device device, Shape shape, double low, double high) {
        if (!(low <= high && Double.isFinite(high - low))) {
            throw new IllegalArgumentException("uniform: there are no numbers from " + low + " to " + high);
        }
        float least = (float) low;
        float most = Math.max(least, Math.nextDown((float) high));
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = Math.clamp((float) (low + (high - low) * nextDouble()), least, most);
        }
        return Tensor.of(device, values, shape);
    }

    /** F32 normal values with mean 0 and variance 1. */
    public Tensor normal(Device device, Shape shape) {
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) nextGaussian();
        }
        return Tensor.of(device, values, shape);
    }

    /** F32 values that are 1 with probability {@code p}, else 0. */
    public Tensor bernoulli(Device device, Shape shape, double p) {
        if (!(p >= 0 && p <= 1)) {
            throw new IllegalArgumentException("bernoulli: probability " + p + " is not from 0 to 1");
        }
        float[] values = new float[shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = nextDouble() < p ? 1 : 0;
        }
        return Tensor.of(device, values, shape);
    }
}
