package espalier.nn;

import espalier.autograd.Autograd;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Sees every module that runs, in order: what a summary and statistics of activations are made of. */
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

    /** Is told of each module when it has run, children before parents. */
    @FunctionalInterface
    public interface Observer {
        /** A module made {@code output} from {@code input}. */
        void ran(Module module, Tensor input, Tensor output);
    }

    private final Observer observer;

    private Trace(Observer observer) {
        this.observer = observer;
    }

    /** Runs a block, without recording gradients, and returns the modules that ran, children before parents. */
    public static List<Visit> of(Supplier<?> block) {
        List<Visit> visits = new ArrayList<>();
        watching((module, x, y) -> visits.add(new Visit(module, x.shape(), y.shape())), block);
        return List.copyOf(visits);
    }

    /** Runs a block, without recording gradients, under the eyes of an observer. */
    public static void watching(Observer observer, Supplier<?> block) {
        ScopedValue.where(CURRENT, new Trace(observer)).call(() -> Autograd.withoutGrad(block::get));
    }

    static Optional<Trace> current() {
        return CURRENT.isBound() ? Optional.of(CURRENT.get()) : Optional.empty();
    }

    void visited(Module module, Tensor input, Tensor output) {
        observer.ran(module, input, output);
    }
}
