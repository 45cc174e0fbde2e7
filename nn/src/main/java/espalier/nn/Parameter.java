package espalier.nn;

import espalier.autograd.Variable;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.Optional;

/**
 * A tensor that is trained: the stored value that an optimizer updates ({@link #raw}) and the value a layer computes
 * with ({@link #get}), which differ when a {@link Parametrization} stands between them.
 *
 * <p>Layers call {@code get()} and never {@code raw()}. That rule is all that layers do for sparsity.
 */
public final class Parameter {
    private final String name;
    private final Role role;
    private Variable raw;
    private Optional<Parametrization> parametrization = Optional.empty();

    /** A parameter with a first value. The tensor becomes the parameter's own. */
    public Parameter(String name, Role role, Tensor value) {
        this.name = name;
        this.role = role;
        this.raw = owned(value);
    }

    /** Its name within its module, such as {@code weight}. */
    public String name() {
        return name;
    }

    /** What it is for. */
    public Role role() {
        return role;
    }

    /** Its shape. */
    public Shape shape() {
        return raw.shape();
    }

    /** The stored value, as a leaf that collects gradients: for optimizers and methods, not for layers. */
    public Variable raw() {
        return raw;
    }

    /** What a layer computes with: the parametrization of the stored value, worked out once in a forward pass. */
    public Variable get() {
        return parametrization
                .map(p -> ForwardPass.current()
                        .map(pass -> pass.remember(this, () -> p.apply(raw)))
                        .orElseGet(() -> p.apply(raw)))
                .orElse(raw);
    }

    /** Puts a parametrization in front of the stored value, in place of any other. */
    public void parametrize(Parametrization p) {
        parametrization = Optional.of(p);
    }

    /** What stands between the stored value and the layer, if anything. */
    public Optional<Parametrization> parametrization() {
        return parametrization;
    }

    /**
     * Bakes the parametrization in: from now on the stored value is what layers computed with. Without one, nothing
     * happens.
     */
    public void materialize() {
        if (parametrization.isEmpty()) {
            return;
        }
        Tensor baked = get().value().copy();
        parametrization = Optional.empty();
        replace(baked);
    }

    /**
     * Overwrites the stored value.
     *
     * @throws ShapeException if the shapes differ
     */
    public void set(Tensor value) {
        if (!value.shape().equals(shape())) {
            throw new ShapeException(
                    "set: parameter " + name + " has shape " + shape() + ", the new value " + value.shape());
        }
        raw.value().copyInPlace(value.to(raw.value().device()));
    }

    /** Puts another tensor, perhaps of another shape or device, in place of the stored one; the gradient is lost. */
    public void replace(Tensor value) {
        raw = owned(value);
    }

    /** A leaf whose memory no scope takes back, even if it was made in the middle of a training step. */
    private static Variable owned(Tensor value) {
        value.storage().moveTo(Optional.empty());
        return Variable.parameter(value);
    }

    @Override
    public String toString() {
        return name + " " + role + " " + shape();
    }
}
