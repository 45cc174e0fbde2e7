package espalier.tensor;

import espalier.tensor.spi.Storage;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A lifetime: what is allocated while a scope is open goes back to its device's pool when the scope closes.
 *
 * <p>So a training loop reuses the same memory each step and allocates nothing once warm:
 *
 * <pre>{@code
 * Tensor total = Tensor.scalar(0);
 * for (int step = 0; step < 100; step++) {
 *     try (TensorScope scope = TensorScope.open()) {
 *         Tensor loss = Tensor.full(0.5f, 64).mean();
 *         total.addInPlace(loss);          // writes into a tensor of the outer scope
 *     }                                     // loss goes back to the pool
 * }
 * }</pre>
 *
 * <p>Scopes nest, and belong to the thread that opened them; close them in reverse order. A tensor that must outlive
 * its scope is moved out with {@link #keep}. With no scope open the garbage collector does the work. Using a tensor
 * after its scope closed throws {@link IllegalStateException}.
 */
public final class TensorScope implements AutoCloseable {
    private static final ThreadLocal<Optional<TensorScope>> CURRENT = ThreadLocal.withInitial(Optional::empty);

    private final Optional<TensorScope> outer;
    private final List<Storage> storages = new ArrayList<>();
    private boolean closed;

    private TensorScope(Optional<TensorScope> outer) {
        this.outer = outer;
    }

    /** Opens a scope inside the current one, if any. */
    public static TensorScope open() {
        TensorScope scope = new TensorScope(CURRENT.get());
        CURRENT.set(Optional.of(scope));
        return scope;
    }

    /** The innermost open scope of this thread. */
    public static Optional<TensorScope> current() {
        return CURRENT.get();
    }

    /** Makes a new storage belong to the current scope, if one is open. */
    static void adopt(Storage storage) {
        CURRENT.get().ifPresent(scope -> scope.take(storage));
    }

    private void take(Storage storage) {
        storage.moveTo(Optional.of(this));
        storages.add(storage);
    }

    /**
     * Moves a tensor's memory out of this scope, to the enclosing one or, if there is none, to the collector.
     *
     * @return the tensor itself
     */
    public Tensor keep(Tensor tensor) {
        Storage storage = tensor.storage();
        if (storage.scope().filter(owner -> owner == this).isPresent()) {
            storage.moveTo(Optional.empty());
            outer.ifPresent(scope -> scope.take(storage));
        }
        return tensor;
    }

    /**
     * Gives back everything that still belongs here. Closing twice does nothing.
     *
     * @throws IllegalStateException if an inner scope is still open or another thread opened this one
     */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        if (CURRENT.get().filter(scope -> scope == this).isEmpty()) {
            throw new IllegalStateException(
                    "TensorScope: closed out of order or by another thread; close the scope opened last first");
        }
        closed = true;
        CURRENT.set(outer);
        for (Storage storage : storages) {
            if (storage.scope().filter(owner -> owner == this).isPresent()) {
                storage.release();
            }
        }
        storages.clear();
    }
}
