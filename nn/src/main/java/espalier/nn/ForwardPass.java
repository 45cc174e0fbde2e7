package espalier.nn;

import espalier.autograd.Variable;
import espalier.tensor.RandomSource;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
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

    /** The pass we are in. */
    public static Optional<ForwardPass> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    /** Whether we are in a training pass. */
    public static boolean isTraining() {
        return CURRENT.isBound() && CURRENT.get().training;
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
