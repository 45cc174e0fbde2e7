package espalier.tensor.cpu.vector.elementwise;

import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;

import espalier.tensor.Tensor;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.lanes.Heap;
import espalier.tensor.cpu.vector.lanes.Lanes;
import espalier.tensor.cpu.vector.lanes.Tasks;
import espalier.tensor.spi.AdamSpec;
import espalier.tensor.spi.SgdSpec;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;

/** The steps of optimizers in one pass: each weight, gradient and state is read once and written once. */
public final class UpdateKernel {
    private static final double SGD_NANOS = 0.3;
    private static final double ADAM_NANOS = 0.8;

    private UpdateKernel() {}

    /** Whether what is written is F32 and in one piece. */
    public static boolean takes(Tensor... written) {
        for (Tensor tensor : written) {
            if (!tensor.layout().isContiguous()) {
                return false;
            }
        }
        return Heap.areFloats(written);
    }

    public static void sgd(Parallel parallel, SgdSpec spec, Tensor w, Tensor g, Optional<Tensor> velocity) {
        Tensor gradient = g.contiguous();
        float[] ws = Heap.floats(w);
        float[] gs = Heap.floats(gradient);
        int wo = Heap.at(w);
        int go = Heap.at(gradient);
        float rate = (float) spec.rate();
        float decay = (float) spec.decay();
        if (velocity.isEmpty()) {
            Tasks.ranges(
                    parallel,
                    w.size(),
                    Tasks.CHUNK,
                    SGD_NANOS,
                    (from, to) -> plain(ws, wo + from, gs, go + from, to - from, rate, decay));
            return;
        }
        float[] vs = Heap.floats(velocity.get());
        int vo = Heap.at(velocity.get());
        float momentum = (float) spec.momentum();
        // The direction is a·v + b·g: v alone, or, by Nesterov, momentum·v + g.
        float ofV = spec.nesterov() ? momentum : 1;
        float ofG = spec.nesterov() ? 1 : 0;
        Tasks.ranges(
                parallel,
                w.size(),
                Tasks.CHUNK,
                SGD_NANOS,
                (from, to) -> withMomentum(
                        ws, wo + from, gs, go + from, vs, vo + from, to - from, rate, decay, momentum, ofV, ofG));
    }

    /** {@code w ← w − rate·(g + decay·w)}. */
    private static void plain(float[] w, int wo, float[] g, int go, int n, float rate, float decay) {
        FloatVector decays = FloatVector.broadcast(FLOATS, decay);
        FloatVector rates = FloatVector.broadcast(FLOATS, -rate);
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector weight = VECTOR.cast(fromArray(FLOATS, w, wo + i));
            FloatVector slope = weight.fma(decays, fromArray(FLOATS, g, go + i));
            slope.fma(rates, weight).intoArray(w, wo + i);
        }
        for (int i = whole; i < n; i++) {
            float slope = Math.fma(w[wo + i], decay, g[go + i]);
            w[wo + i] = Math.fma(slope, -rate, w[wo + i]);
        }
    }

    private static void withMomentum(
            float[] w,
            int wo,
            float[] g,
            int go,
            float[] v,
            int vo,
            int n,
            float rate,
            float decay,
            float momentum,
            float ofV,
            float ofG) {
        FloatVector decays = FloatVector.broadcast(FLOATS, decay);
        FloatVector momenta = FloatVector.broadcast(FLOATS, momentum);
        FloatVector velocityRate = FloatVector.broadcast(FLOATS, -rate * ofV);
        FloatVector slopeRate = FloatVector.broadcast(FLOATS, -rate * ofG);
        int whole = Lanes.whole(n);
        for (int i = 0; i < whole; i += Lanes.COUNT) {
            FloatVector weight = VECTOR.cast(fromArray(FLOATS, w, wo + i));
            FloatVector slope = weight.fma(decays, fromArray(FLOATS, g, go + i));
            FloatVector velocity = VECTOR.cast(fromArray(FLOATS, v, vo + i)).fma(momenta, slope);
            velocity.intoArray(v, vo + i);
            velocity.fma(velocityRate, slope.fma(slopeRate, weight)).intoArray(w, wo + i);
        }
        for (int i = whole; i < n; i++) {
            float slope = Math.fma(w[wo + i], decay, g[go + i]);
            float velocity = Math.fma(v[vo + i], momentum, slope);
            v[vo + i] = velocity;
            w[wo + i] = Math.fma(velocity, -rate * ofV, Math.fma(slope, -rate * ofG, w[wo + i]));
        }
    }

    public static void adam(Parallel parallel, AdamSpec spec, Tensor w, Tensor g, Tensor m, Tensor u) {
        Tensor gradient = g.contiguous();
        float[] ws = Heap.floats(w);
        float[] gs = Heap.floats(gradient);
        float[] ms = Heap.floats(m);
        float[] us = Heap.floats(u);
        int wo = Heap.at(w);
        int go = Heap.at(gradient);
        int mo = Heap.at(m);
        int uo = Heap.at(u);
        AdamFactors f = AdamFactors.of(spec);
        Tasks.ranges(
                parallel,
                w.size(),
                Tasks.CHUNK,
                ADAM_NANOS,
                (from, to) -> f.apply(ws, wo + from, gs, go + from, ms, mo + from, us, uo + from, to - from));
    }

    /** A step's numbers as floats: {@code decay} goes to the gradient, {@code kept} to the weight. */
    private record AdamFactors(
            float decay,
            float kept,
            float beta1,
            float new1,
            float beta2,
            float new2,
            float rate,
            float bias,
            float epsilon) {
        static AdamFactors of(AdamSpec s) {
            return new AdamFactors(
                    s.decoupled() ? 0 : (float) s.decay(),
                    s.decoupled() ? (float) (1 - s.rate() * s.decay()) : 1,
                    (float) s.beta1(),
                    (float) (1 - s.beta1()),
                    (float) s.beta2(),
                    (float) (1 - s.beta2()),
                    (float) s.correctedRate(),
                    (float) s.secondCorrection(),
                    (float) s.epsilon());
        }

        void apply(float[] w, int wo, float[] g, int go, float[] m, int mo, float[] u, int uo, int n) {
            FloatVector decays = FloatVector.broadcast(FLOATS, decay);
            FloatVector betas1 = FloatVector.broadcast(FLOATS, beta1);
            FloatVector betas2 = FloatVector.broadcast(FLOATS, beta2);
            int whole = Lanes.whole(n);
            for (int i = 0; i < whole; i += Lanes.COUNT) {
                FloatVector weight = VECTOR.cast(fromArray(FLOATS, w, wo + i));
                FloatVector slope = weight.fma(decays, fromArray(FLOATS, g, go + i));
                FloatVector first = VECTOR.cast(fromArray(FLOATS, m, mo + i)).fma(betas1, slope.mul(new1));
                FloatVector second = VECTOR.cast(fromArray(FLOATS, u, uo + i))
                        .fma(betas2, slope.mul(slope).mul(new2));
                first.intoArray(m, mo + i);
                second.intoArray(u, uo + i);
                FloatVector root = second.mul(bias).sqrt().add(epsilon);
                weight.mul(kept).sub(first.mul(rate).div(root)).intoArray(w, wo + i);
            }
            for (int i = whole; i < n; i++) {
                float slope = Math.fma(w[wo + i], decay, g[go + i]);
                float first = Math.fma(m[mo + i], beta1, slope * new1);
                float second = Math.fma(u[uo + i], beta2, slope * slope * new2);
                m[mo + i] = first;
                u[uo + i] = second;
                float root = (float) Math.sqrt(second * bias) + epsilon;
                w[wo + i] = w[wo + i] * kept - first * rate / root;
            }
        }
    }
}
