package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import java.util.List;

/**
 * Gated recurrent unit (Cho et al. 2014) over a sequence {@code [N, L, in]}, giving the last state {@code [N, hidden]}:
 *
 * <pre>{@code
 * r = σ(x·Wrᵀ + br + h·Urᵀ + cr)        z = σ(x·Wzᵀ + bz + h·Uzᵀ + cz)
 * n = tanh(x·Wnᵀ + bn + r⊙(h·Unᵀ + cn))  h ← (1−z)⊙n + z⊙h
 * }</pre>
 *
 * The three blocks stand one below the other in the order r, z, n.
 */
public final class Gru extends Module {
    private final int hidden;
    private final Parameter input;
    private final Parameter recurrent;
    private final Parameter inputBias;
    private final Parameter recurrentBias;

    /** Weights and biases even between ±1/√hidden. */
    public Gru(Init init, int in, int hidden) {
        this.hidden = hidden;
        input = parameter("input", Role.WEIGHT, RecurrentWeights.gated(init, hidden, 3 * hidden, in));
        recurrent = parameter("recurrent", Role.WEIGHT, RecurrentWeights.gated(init, hidden, 3 * hidden, hidden));
        inputBias = parameter("inputBias", Role.BIAS, RecurrentWeights.gated(init, hidden, 3 * hidden));
        recurrentBias = parameter("recurrentBias", Role.BIAS, RecurrentWeights.gated(init, hidden, 3 * hidden));
    }

    @Override
    protected Variable forward(Variable x) {
        Variable h = Variable.constant(RecurrentWeights.zeroState(x.value(), hidden));
        for (Variable frame : x.unstack(1)) {
            h = step(frame, h);
        }
        return h;
    }

    /** One step: {@code x [N, in], h [N, hidden]} to the next state. */
    public Variable step(Variable x, Variable h) {
        List<Variable> fromInput = blocks(x.matmul(input.get().t()).add(inputBias.get()));
        List<Variable> fromState = blocks(h.matmul(recurrent.get().t()).add(recurrentBias.get()));
        Variable r = fromInput.get(0).add(fromState.get(0)).sigmoid();
        Variable z = fromInput.get(1).add(fromState.get(1)).sigmoid();
        Variable n = fromInput.get(2).add(r.mul(fromState.get(2))).tanh();
        return n.add(z.mul(h.sub(n)));
    }

    private List<Variable> blocks(Variable joined) {
        return joined.split(1, hidden, hidden, hidden);
    }

    @Override
    public long macs(Shape sequence, Shape output) {
        long steps = (long) sequence.dim(0) * sequence.dim(1);
        return steps * (input.shape().size() + recurrent.shape().size());
    }
}
