package espalier.autograd;

import espalier.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Settings that hold for a block of code and for nothing else: whether operations are recorded, whether values are
 * watched for NaN and infinity, and in which layer we are.
 *
 * <pre>{@code
 * Variable x = Variable.constant(Tensor.ones(2, 3));
 * Variable y = Autograd.withoutGrad(() -> x.mul(2));   // nothing is recorded
 * }</pre>
 *
 * <p>They are {@link ScopedValue}s: bound for the call, inherited by nothing, never left behind by an exception.
 */
public final class Autograd {
    private static final ScopedValue<Boolean> RECORDING = ScopedValue.newInstance();
    private static final ScopedValue<Boolean> GUARDED = ScopedValue.newInstance();
    private static final ScopedValue<String> PLACE = ScopedValue.newInstance();

    private Autograd() {}

    /** Runs a block in which no operation is recorded, as for evaluation. */
    public static <T> T withoutGrad(Supplier<T> block) {
        return ScopedValue.where(RECORDING, false).call(block::get);
    }

    /** Runs a block in which operations are recorded, even inside {@link #withoutGrad}. */
    public static <T> T withGrad(Supplier<T> block) {
        return ScopedValue.where(RECORDING, true).call(block::get);
    }

    /**
     * Runs a block in which the first operation to make a NaN or an infinity throws {@link ArithmeticException} naming
     * itself and its layer. Every value is looked at, so it is slow.
     */
    public static <T> T guarded(Supplier<T> block) {
        return ScopedValue.where(GUARDED, true).call(block::get);
    }

    /** Runs a block as part of a named place, such as a layer; places nest, joined by dots. */
    public static <T> T in(String place, Supplier<T> block) {
        String outer = place();
        return ScopedValue.where(PLACE, outer.isEmpty() ? place : outer + "." + place)
                .call(block::get);
    }

    /** Runs a block, recorded, at a place given from the root. */
    static <T> T at(String place, Supplier<T> block) {
        return ScopedValue.where(PLACE, place).where(RECORDING, true).call(block::get);
    }

    /**
     * The gradients of a scalar with respect to some variables, leaves or not, handed back instead of left at the
     * leaves; zeros for a variable it does not depend on. They may share memory, so none should be written into. Uses
     * the graph up, as {@link Variable#backward()} does.
     *
     * <pre>{@code
     * Variable x = Variable.parameter(Tensor.of(new float[] {3}));
     * Tensor slope = Autograd.gradients(x.square().sum(), List.of(x)).getFirst();   // [6]
     * }</pre>
     */
    public static List<Tensor> gradients(Variable scalar, List<Variable> of) {
        Map<Variable, Tensor> arrived = new IdentityHashMap<>();
        Set<Variable> ends = Collections.newSetFromMap(new IdentityHashMap<>());
        ends.addAll(of);
        if (scalar.needsGradient()) {
            Engine.backward(scalar, scalar.unitGradient(), ends, arrived::put);
        }
        return of.stream()
                .map(x -> Optional.ofNullable(arrived.get(x)).orElseGet(x.value()::zerosLike))
                .toList();
    }

    /** Whether operations are recorded here. */
    public static boolean isRecording() {
        return RECORDING.orElse(true);
    }

    static boolean isGuarded() {
        return GUARDED.orElse(false);
    }

    /** The layer we are in, such as {@code features.3}; empty outside any. */
    public static String place() {
        return PLACE.orElse("");
    }
}
