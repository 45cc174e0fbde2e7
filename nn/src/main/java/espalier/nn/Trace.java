package espalier.nn;

import espalier.autograd.Autograd;
import espalier.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Notes every module that runs, in order, with the shapes that went in and out: what a summary is made of. */
public final class Trace {
    private static final ScopedValue<Trace> CURRENT = ScopedValue.newInstance();

    /**
     * One module that ran.
     *
     * @param module the module
     * @param input shape of its input
     * @param output shape of its output
     */
    public record Visit(Module module, Shape input, Shape output) {}

    private final List<Visit> visits = new ArrayList<>();

    private Trace() {}

    /** Runs a block, without recording gradients, and returns the modules that ran, children before parents. */
    public static List<Visit> of(Supplier<?> block) {
        Trace trace = new Trace();
        ScopedValue.where(CURRENT, trace).call(() -> Autograd.withoutGrad(block::get));
        return List.copyOf(trace.visits);
    }

    static Optional<Trace> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    void visited(Module module, Shape input, Shape output) {
        visits.add(new Visit(module, input, output));
    }
}
