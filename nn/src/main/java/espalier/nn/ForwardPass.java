package espalier.nn;

import espalier.autograd.Variable;
import espalier.tensor.RandomSource;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

/**
 * One run of a model: whether it trains, where its random numbers come from, and what was worked out so far.
 *
 * <p>It is a {@link ScopedValue}, not a switch on the model: a model cannot be left in the wrong mode.
 *
 * <pre>{@code
 * Variable loss = ForwardPass.training(random, () -> Losses.crossEntropy(model.apply(images), labels));
 * Variable scores = model.apply(images);                       // no pass open: evaluation
 * }</pre>
 */
public final class ForwardPass {
    private static final ScopedValue<ForwardPass> CURRENT = ScopedValue.newInstance();
    private static final ScopedValue<InputHook> HOOK = ScopedValue.newInstance();

    private final boolean training;
    private final RandomSource random;
    private final Map<Parameter, Variable> computed = new IdentityHashMap<>();

    private ForwardPass(boolean training, RandomSource random) {
        this.training = training;
        this.random = random;
    }

    /** Runs a block as training: dropout drops, batch norm uses and updates its statistics. */
    public static <T> T training(RandomSource random, Supplier<T> block) {
        return ScopedValue.where(CURRENT, new ForwardPass(true, random)).call(block::get);
    }

    /** Runs a block as evaluation. */
    public static <T> T evaluation(Supplier<T> block) {
        return ScopedValue.where(CURRENT, new ForwardPass(false, RandomSource.of(0)))
                .call(block::get);
    }

    /**
     * Runs a block in which a hook sees the input of every module. It is a scoped value like the pass itself: nothing
     * is left behind on the model. What {@link #repeatable} runs again runs with the hook again; an inner hook hides an
     * outer one.
     */
    public static <T> T hooked(InputHook hook, Supplier<T> block) {
        return ScopedValue.where(HOOK, hook).call(block::get);
    }

    static Optional<InputHook> hook() {
        return HOOK.isBound() ? Optional.of(HOOK.get()) : Optional.empty();
    }

    /**
     * A block that can be run again with the same random numbers and the same result, as activation checkpointing does
     * when this pass is over. Each run is a pass of its own: what is worked out inside is not seen outside, nor the
     * other way round. The first run draws from this pass, so that what comes after it draws as if the block had been
     * written out.
     */
    public static <T> Supplier<T> repeatable(Supplier<T> block) {
        boolean training = isTraining();
        RandomSource source = current().map(ForwardPass::random).orElseGet(() -> RandomSource.of(0));
        RandomSource.State start = source.state();
        Optional<InputHook> hook = hook();
        Supplier<T> hooked = hook.<Supplier<T>>map(h -> () -> hooked(h, block)).orElse(block);
        AtomicBoolean again = new AtomicBoolean();
        return () -> {
            RandomSource random = again.getAndSet(true) ? RandomSource.resume(start) : source;
            return ScopedValue.where(CURRENT, new ForwardPass(training, random)).call(hooked::get);
        };
    }

    /** The pass we are in. */
    public static Optional<ForwardPass> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** Whether we are in a training pass. */
    public static boolean isTraining() {
        return CURRENT.isBound() && CURRENT.get().training;
    }

    /**
     * Whether layers that follow one another may be computed as one operation: in training, unless a hook or a trace
     * looks at what goes in and out of each.
     */
    public static boolean mayFuse() {
        return isTraining() && hook().isEmpty() && Trace.current().isEmpty();
    }

    /** Random numbers for this pass: dropout masks, sampled gates. */
    public RandomSource random() {
        return random;
    }

    /** The value for a parameter: worked out at the first call, the same for all later readers. */
    Variable remember(Parameter parameter, Supplier<Variable> compute) {
        Variable known = computed.get(parameter);
        if (known == null) {
            known = compute.get();
            computed.put(parameter, known);
        }
        return known;
    }
}
