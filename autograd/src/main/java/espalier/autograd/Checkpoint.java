package espalier.autograd;

import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedSet;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Trades time for memory: a part of the network whose inner values are not kept but computed again when the gradients
 * come back (Chen et al. 2016, "Training deep nets with sublinear memory cost").
 *
 * <pre>{@code
 * Variable x = Variable.parameter(Tensor.ones(8, 4));
 * Variable w = Variable.parameter(Tensor.ones(4, 4));
 * Variable y = Checkpoint.of("block", () -> x.matmul(w).relu().matmul(w).relu());   // keeps y alone
 * y.sum().backward();                                                                // runs the block once more
 * }</pre>
 *
 * <p>The first run records nothing, but notices which variables that need gradients the block reads, whether they are
 * its inputs or parameters it captured: these become the inputs of one node. The gradients are those of the block
 * written out, bit for bit, unless a variable is also read outside the block, whose sum is then taken in another order.
 *
 * <p>The block must do the same both times: random numbers must come from a source made anew inside it, and state such
 * as running statistics must be left alone the second time, which {@link #isReplaying} tells. What it allocates goes
 * back to the pool at its end, except its result: it may write into tensors from outside, but not keep new ones.
 */
public final class Checkpoint {
    private static final ScopedValue<SequencedSet<Variable>> NOTICED = ScopedValue.newInstance();
    private static final ScopedValue<Boolean> REPLAYING = ScopedValue.newInstance();

    private Checkpoint() {}

    /**
     * Runs a block without recording what is inside; as if written out if nothing is recorded here anyway.
     *
     * @param name for the node that stands for the block
     */
    public static Variable of(String name, Supplier<Variable> block) {
        if (!Autograd.isRecording()) {
            return block.get();
        }
        SequencedSet<Variable> noticed = new LinkedHashSet<>(); // variables are equal only to themselves
        Tensor value;
        try (TensorScope scope = TensorScope.open()) {
            Variable result = ScopedValue.where(NOTICED, noticed).call(() -> Autograd.withoutGrad(block));
            noticeIn(noticed, result); // a block may hand on what it was given
            value = scope.keep(result.value());
        }
        List<Variable> inputs = List.copyOf(noticed);
        String place = Autograd.place();
        return Variable.jointly(name, value, inputs, g -> replay(name, place, block, inputs, value, g));
    }

    /** Whether a block is being run for the second time, for its gradients. */
    public static boolean isReplaying() {
        return REPLAYING.orElse(false);
    }

    /** Called for the inputs of every operation that is not recorded. */
    static void notice(List<Variable> inputs) {
        if (NOTICED.isBound()) {
            inputs.forEach(input -> noticeIn(NOTICED.get(), input));
        }
    }

    private static void noticeIn(Set<Variable> noticed, Variable variable) {
        if (variable.needsGradient()) {
            noticed.add(variable);
        }
    }

    private static List<Optional<Tensor>> replay(
            String name, String place, Supplier<Variable> block, List<Variable> inputs, Tensor value, Tensor g) {
        try (TensorScope scope = TensorScope.open()) {
            Variable again = ScopedValue.where(REPLAYING, true).call(() -> Autograd.at(place, block));
            requireSame(name, value, again.value());
            Map<Variable, Tensor> arrived = new IdentityHashMap<>();
            if (again.needsGradient()) {
                Set<Variable> ends = Collections.newSetFromMap(new IdentityHashMap<>());
                ends.addAll(inputs);
                Engine.backward(again, g, ends, arrived::put);
            }
            return inputs.stream()
                    .map(input -> Optional.ofNullable(arrived.get(input)).map(scope::keep))
                    .toList();
        }
    }

    private static void requireSame(String name, Tensor first, Tensor second) {
        if (!first.shape().equals(second.shape())) {
            throw new ShapeException("checkpoint: block " + name + " gave " + first.shape() + " and then "
                    + second.shape() + "; it must do the same both times");
        }
        if (Autograd.isGuarded() && first.ne(second).countNonZero().item() > 0) {
            throw new IllegalStateException("checkpoint: block " + name
                    + " gave other values when run again; draw random numbers from a source made inside it");
        }
    }
}
