package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Ending;
import espalier.nn.Module;
import java.util.Optional;

/** {@code body(x) + shortcut(x)}, the shortcut being x itself unless there is one (He et al. 2016, equation 1). */
public final class Residual extends Module {
    private final Module body;
    private final Optional<Module> shortcut;

    /** With the input itself as the shortcut. */
    public Residual(Module body) {
        this.body = child("body", body);
        this.shortcut = Optional.empty();
    }

    /** With a shortcut that changes shape. */
    public Residual(Module body, Module shortcut) {
        this.body = child("body", body);
        this.shortcut = Optional.of(child("shortcut", shortcut));
    }

    @Override
    protected Variable forward(Variable x) {
        return body.apply(x).add(past(x));
    }

    @Override
    protected Variable forwardThen(Variable x, Ending ending) {
        return ending.equals(Ending.RELU) ? body.applyThen(x, Ending.addRelu(past(x))) : super.forwardThen(x, ending);
    }

    private Variable past(Variable x) {
        return shortcut.map(s -> s.apply(x)).orElse(x);
    }
}
