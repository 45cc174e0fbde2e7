package espalier.nn;

import espalier.autograd.Variable;

/**
 * Sees what goes into every module while a block runs, and may change it: how activations are watched and quantized
 * without a change to any layer.
 *
 * <pre>{@code
 * ForwardPass.hooked((module, x) -> module instanceof Linear ? x.clamp(-1, 1) : x, () -> model.apply(images));
 * }</pre>
 */
@FunctionalInterface
public interface InputHook {
    /** What a module is given in place of {@code x}; {@code x} itself for no change. */
    Variable before(Module module, Variable x);
}
