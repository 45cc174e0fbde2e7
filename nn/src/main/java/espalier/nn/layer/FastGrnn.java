package espalier.nn.layer;

import espalier.autograd.Variable;
import espalier.nn.Init;
import espalier.nn.Initializer;
import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Role;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;

/**
 * FastGRNN (Kusupati et al. 2018, equations 3 to 5) over a sequence {@code [N, L, in]}, giving the last state
 * {@code [N, hidden]}: gate and candidate share their two matrices, so the cell is small.
 *
 * <pre>{@code
 * a = x·Wᵀ + h·Uᵀ      z = σ(a + bz)      c = tanh(a + bh)
 * h ← (σ(ζ)·(1−z) + σ(ν))⊙c + z⊙h
 * }</pre>
 */
public final class FastGrnn extends Module {
    private static final double SPREAD = 0.1;

    private final int hidden;
    private final Parameter input;
    private final Parameter recurrent;
    private final Parameter gateBias;
    private final Parameter candidateBias;
    private final Parameter zeta;
    private final Parameter nu;

    /** Matrices normal with deviation 0.1, biases 1, ζ = 1 and ν = −4, as the authors start. */
    public FastGrnn(Init init, int in, int hidden) {
        this.hidden = hidden;
        Shape row = Shape.of(hidden);
        Shape one = Shape.of(1);
        input = parameter("input", Role.WEIGHT, normal(init.in("input"), Shape.of(hidden, in)));
        recurrent = parameter("recurrent", Role.WEIGHT, normal(init.in("recurrent"), Shape.of(hidden, hidden)));
        gateBias = parameter("gateBias", Role.BIAS, Initializer.constant(1).values(init, row));
        candidateBias =
                parameter("candidateBias", Role.BIAS, Initializer.constant(1).values(init, row));
        zeta = parameter("zeta", Role.GATE, Initializer.constant(1).values(init, one));
        nu = parameter("nu", Role.GATE, Initializer.constant(-4).values(init, one));
    }

    private static Tensor normal(Init init, Shape shape) {
        return init.random().normal(init.device(), shape).mulInPlace(SPREAD);
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
        Variable a = x.matmul(input.get().t()).add(h.matmul(recurrent.get().t()));
        Variable z = a.add(gateBias.get()).sigmoid();
        Variable c = a.add(candidateBias.get()).tanh();
        Variable share = z.neg().add(1).mul(zeta.get().sigmoid()).add(nu.get().sigmoid());
        return share.mul(c).add(z.mul(h));
    }

    /** The input matrix, {@code [hidden, in]}. */
    public Parameter input() {
        return input;
    }

    /** The recurrent matrix, {@code [hidden, hidden]}. */
    public Parameter recurrent() {
        return recurrent;
    }

    @Override
    public long macs(Shape sequence, Shape output) {
        long steps = (long) sequence.dim(0) * sequence.dim(1);
        return steps * (input.shape().size() + recurrent.shape().size());
    }
}
