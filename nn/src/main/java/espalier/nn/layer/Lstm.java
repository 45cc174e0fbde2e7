package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import java.util.List;

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with forget gates) over a sequence {@code [N, L, in]},
 * giving the last output {@code [N, hidden]}:
 *
 * <pre>{@code
 * i = σ(·)  f = σ(·)  g = tanh(·)  o = σ(·)      each of x·Wᵀ + h·Uᵀ + b
 * c ← f⊙c + i⊙g                                   h ← o⊙tanh(c)
 * }</pre>
 *
 * The four blocks stand one below the other in the order i, f, g, o.
 */
public final class Lstm extends Module {
    private final int hidden;
    private final Parameter input;
    private final Parameter recurrent;
    private final Parameter bias;

    /** Weights and bias even between ±1/√hidden. */
    public Lstm(Init init, int in, int hidden) {
        this.hidden = hidden;
        input = parameter("input", Role.WEIGHT, RecurrentWeights.gated(init, hidden, 4 * hidden, in));
        recurrent = parameter("recurrent", Role.WEIGHT, RecurrentWeights.gated(init, hidden, 4 * hidden, hidden));
        bias = parameter("bias", Role.BIAS, RecurrentWeights.gated(init, hidden, 4 * hidden));
    }

    /**
     * What is carried from step to step.
     *
     * @param output h, {@code [N, hidden]}
     * @param cell c, {@code [N, hidden]}
     */
    public record State(Variable output, Variable cell) {}

    @Override
    protected Variable forward(Variable x) {
        Variable zeros = Variable.constant(RecurrentWeights.zeroState(x.value(), hidden));
        State state = new State(zeros, zeros);
        for (Variable frame : x.unstack(1)) {
            state = step(frame, state);
        }
        return state.output;
    }

    /** One step on {@code x [N, in]}. */
    public State step(Variable x, State before) {
        Variable joined = x.matmul(input.get().t())
                .add(before.output.matmul(recurrent.get().t()))
                .add(bias.get());
        List<Variable> gates = joined.split(1, hidden, hidden, hidden, hidden);
        Variable kept = gates.get(1).sigmoid().mul(before.cell);
        Variable cell = kept.add(gates.get(0).sigmoid().mul(gates.get(2).tanh()));
        return new State(gates.get(3).sigmoid().mul(cell.tanh()), cell);
    }

    @Override
    public long macs(Shape sequence, Shape output) {
        long steps = (long) sequence.dim(0) * sequence.dim(1);
        return steps * (input.shape().size() + recurrent.shape().size());
    }
}
