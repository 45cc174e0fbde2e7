package espalier.tensor.spi;

import espalier.tensor.DType;
import espalier.tensor.TensorScope;
import java.util.Optional;

/**
 * A run of elements of one type on one device: what tensors and their views share.
 *
 * <p>A storage is alive until it is released, by the {@link TensorScope} it was made in or not at all. Back ends
 * subclass it with the memory they use (a heap array, a device buffer) and say in {@link #free} how it goes back.
 */
public abstract class Storage {
    private final DType dtype;
    private final int length;
    private volatile boolean released;
    private Optional<TensorScope> scope = Optional.empty();

    /** A storage of {@code length} elements. */
    protected Storage(DType dtype, int length) {
        this.dtype = dtype;
        this.length = length;
    }

    /** The type of the elements. */
    public final DType dtype() {
        return dtype;
    }

    /** The number of elements. */
    public final int length() {
        return length;
    }

    /**
     * Where in the memory the first element lies, from whose beginning layouts count: 0, unless a back end wants some
     * elements before it, so that a storage begins on a line of the cache.
     */
    public int start() {
        return 0;
    }

    /** Whether the memory has gone back; using it then is an error. */
    public final boolean isReleased() {
        return released;
    }

    /** The scope that will release this storage; none if the collector will. */
    public final Optional<TensorScope> scope() {
        return scope;
    }

    /** Hands this storage to a scope, or with none to the collector. */
    public final void moveTo(Optional<TensorScope> scope) {
        this.scope = scope;
    }

    /** Gives the memory back, once; later calls do nothing. */
    public final void release() {
        if (!released) {
            released = true;
            free();
        }
    }

    /** Returns the memory to where it came from. Called once. */
    protected abstract void free();
}
