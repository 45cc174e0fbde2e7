package espalier.tensor.cpu.vector.elementwise;

import static espalier.tensor.cpu.vector.lanes.Lanes.COUNT;
import static espalier.tensor.cpu.vector.lanes.Lanes.FLOATS;
import static espalier.tensor.cpu.vector.lanes.Lanes.VECTOR;
import static jdk.incubator.vector.FloatVector.fromArray;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.FMA;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;

import espalier.tensor.cpu.Scratch;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;

/**
 * Exponential, logarithm and their kin over a run of whole vectors ({@code n} a multiple of the lane count), to 1 or 2
 * units in the last place of the result. {@code x} and {@code y} may be the same run.
 *
 * <p>Each reduces its argument to a short interval, evaluates a polynomial there and puts the result together again.
 * The coefficients are minimax fits made for these kernels (Lawson's algorithm, then rounded to float one by one with
 * the rest refitted); the error named beside each is that of the fit alone. Only additions, multiplications, fused
 * multiply-adds, divisions and bit operations occur, all of which are exactly rounded, so a lane's result depends on
 * its argument only: not on the width of the vector, nor on the place in it.
 *
 * <p>Two rules shape the code. No method takes or returns a vector: whether the compiler inlines such a method depends
 * on what it compiled before, and a vector that crosses a call costs a hundredfold. So a function built on another
 * takes several passes over an array. And that array must stay in the first-level cache, so callers pass at most
 * {@link #BLOCK} elements at a time.
 */
public final class VectorMath {
    /** The most elements per call. */
    public static final int BLOCK = 2048;

    /** Adding and subtracting 1.5·2²³ rounds to an integer; meanwhile the integer stands in the low bits. */
    private static final float ROUND = 0x1.8p23f;

    private static final int ROUND_BITS = 0x4B400000;
    private static final int SIGN_BIT = 0x80000000;
    private static final int ONE = 127; // exponent field of 1.0
    private static final int MANTISSA_BITS = 23;

    private static final float LOG2_E = 1.44269504f;
    /** ln 2 in two parts: n·LN2_HIGH is exact within a fused multiply-add. */
    private static final float LN2_HIGH = 0x1.62e430p-1f;

    private static final float LN2_LOW = -0x1.05c610p-29f;

    // e^r − 1 = r + r²·(E2 + E3·r + …) for |r| ≤ 0.35; fit 1.5e-8
    private static final float E2 = 4.999999702e-01f;
    private static final float E3 = 1.666653901e-01f;
    private static final float E4 = 4.166753218e-02f;
    private static final float E5 = 8.367148228e-03f;
    private static final float E6 = 1.386284595e-03f;

    private VectorMath() {}

    /** eˣ: eʳ·2ⁿ with x = n·ln 2 + r and |r| ≤ ln 2 / 2. */
    static void exp(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = fromArray(FLOATS, x, xo + i);
            FloatVector shifted = v.lanewise(FMA, LOG2_E, ROUND);
            FloatVector k = shifted.sub(ROUND);
            FloatVector r = k.lanewise(FMA, -LN2_LOW, k.lanewise(FMA, -LN2_HIGH, v));
            FloatVector q = r.lanewise(FMA, E6, E5)
                    .lanewise(FMA, r, E4)
                    .lanewise(FMA, r, E3)
                    .lanewise(FMA, r, E2);
            FloatVector e = q.mul(r).fma(r, r).add(1f);
            // 2ᵏ in two factors, since k reaches from -150 (subnormal results) to 128
            IntVector exponent = shifted.reinterpretAsInts().sub(ROUND_BITS);
            IntVector half = exponent.lanewise(ASHR, 1);
            IntVector rest = exponent.sub(half);
            e = e.mul(half.add(ONE).lanewise(LSHL, MANTISSA_BITS).reinterpretAsFloats());
            e = e.mul(rest.add(ONE).lanewise(LSHL, MANTISSA_BITS).reinterpretAsFloats());
            e = e.blend(Float.POSITIVE_INFINITY, v.compare(GT, 89f)).blend(0f, v.compare(LT, -104f));
            e.intoArray(y, yo + i);
        }
    }

    /** tanh x = m/(m+2) with m = e^(2|x|) − 1, which loses no digits near 0. */
    static void tanh(float[] x, int xo, float[] y, int yo, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            FloatVector a = v.abs();
            FloatVector z = a.blend(10f, a.compare(GT, 10f)).mul(2f); // 1 − tanh 10 is 4e-9
            FloatVector shifted = z.lanewise(FMA, LOG2_E, ROUND);
            FloatVector k = shifted.sub(ROUND);
            FloatVector r = k.lanewise(FMA, -LN2_LOW, k.lanewise(FMA, -LN2_HIGH, z));
            FloatVector q = r.lanewise(FMA, E6, E5)
                    .lanewise(FMA, r, E4)
                    .lanewise(FMA, r, E3)
                    .lanewise(FMA, r, E2);
            IntVector exponent = shifted.reinterpretAsInts().sub(ROUND_BITS);
            FloatVector scale = exponent.add(ONE).lanewise(LSHL, MANTISSA_BITS).reinterpretAsFloats();
            FloatVector m = scale.fma(q.mul(r).fma(r, r), scale.sub(1f));
            IntVector magnitude = m.div(m.add(2f)).reinterpretAsInts();
            v.reinterpretAsInts()
                    .and(SIGN_BIT)
                    .or(magnitude)
                    .reinterpretAsFloats()
                    .intoArray(y, yo + i);
        }
    }

    /** ln x = k·ln 2 + ln m with x = m·2ᵏ and m between √½ and √2. */
    static void log(float[] x, int xo, float[] y, int yo, int n) {
        float[] exponents = Scratch.floats(Scratch.FUNCTION, n);
        float[] fractions = Scratch.floats(Scratch.FUNCTION_RESULT, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            var subnormal = v.compare(LT, Float.MIN_NORMAL);
            IntVector bits = v.blend(v.mul(0x1p23f), subnormal).reinterpretAsInts();
            IntVector exponent = bits.sub(0x3F3504F3).lanewise(ASHR, MANTISSA_BITS); // bits of √½
            FloatVector m = bits.sub(exponent.lanewise(LSHL, MANTISSA_BITS)).reinterpretAsFloats();
            m.sub(1f).intoArray(fractions, i);
            FloatVector k = exponent.add(ROUND_BITS).reinterpretAsFloats().sub(ROUND); // to float
            k.blend(k.sub(23f), subnormal).intoArray(exponents, i);
        }
        logOnePlus(fractions, exponents, fractions, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = fromArray(FLOATS, x, xo + i);
            FloatVector ln = VECTOR.cast(fromArray(FLOATS, fractions, i));
            ln = ln.blend(v, v.compare(LT, Float.POSITIVE_INFINITY).not()); // +∞ and NaN
            ln = ln.blend(Float.NaN, v.compare(LT, 0f)).blend(Float.NEGATIVE_INFINITY, v.compare(EQ, 0f));
            ln.intoArray(y, yo + i);
        }
    }

    /** ln(1+f) + k·ln 2 for −0.293 ≤ f ≤ 0.4143, as f − f²/2 + f³·p(f); fit 5.9e-9. */
    private static void logOnePlus(float[] fractions, float[] exponents, float[] y, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector f = VECTOR.cast(fromArray(FLOATS, fractions, i));
            FloatVector k = VECTOR.cast(fromArray(FLOATS, exponents, i));
            FloatVector p = f.lanewise(FMA, -7.637183368e-02f, 1.276421994e-01f);
            p = p.lanewise(FMA, f, -1.316031069e-01f).lanewise(FMA, f, 1.420135498e-01f);
            p = p.lanewise(FMA, f, -1.662331223e-01f).lanewise(FMA, f, 2.000124753e-01f);
            p = p.lanewise(FMA, f, -2.500082254e-01f).lanewise(FMA, f, 3.333333135e-01f);
            FloatVector square = f.mul(f);
            FloatVector rest = p.mul(f).lanewise(FMA, square, k.mul(LN2_LOW));
            rest = square.lanewise(FMA, -0.5f, rest);
            k.lanewise(FMA, LN2_HIGH, f.add(rest)).intoArray(y, i);
        }
    }

    /** ln(1+eˣ) = max(x, 0) + ln(1+e^(−|x|)). */
    static void softplus(float[] x, int xo, float[] y, int yo, int n) {
        float[] exponents = Scratch.floats(Scratch.FUNCTION, n);
        float[] fractions = Scratch.floats(Scratch.FUNCTION_RESULT, n);
        expOfMinusMagnitude(x, xo, fractions, n);
        FloatVector zero = FloatVector.zero(FLOATS);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector e = VECTOR.cast(fromArray(FLOATS, fractions, i));
            var large = e.compare(GT, 0.4142f); // then 1+e = 2·(1 + (e−1)/2)
            e.blend(e.sub(1f).mul(0.5f), large).intoArray(fractions, i);
            zero.blend(1f, large).intoArray(exponents, i);
        }
        logOnePlus(fractions, exponents, fractions, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = fromArray(FLOATS, x, xo + i);
            v.blend(0f, v.compare(LE, 0f)).add(fromArray(FLOATS, fractions, i)).intoArray(y, yo + i);
        }
    }

    /** 1/(1+e⁻ˣ), with the exponential of −|x| only, so that small results keep their digits. */
    static void sigmoid(float[] x, int xo, float[] y, int yo, int n) {
        float[] buffer = Scratch.floats(Scratch.FUNCTION, n);
        expOfMinusMagnitude(x, xo, buffer, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector e = VECTOR.cast(fromArray(FLOATS, buffer, i));
            var positive = fromArray(FLOATS, x, xo + i).compare(GE, 0f);
            e.blend(1f, positive).div(e.add(1f)).intoArray(y, yo + i);
        }
    }

    private static void expOfMinusMagnitude(float[] x, int xo, float[] y, int n) {
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i)).abs().neg().intoArray(y, i);
        }
        exp(y, 0, y, 0, n);
    }

    /**
     * x·σ(x) = x·e/(1+e) with e = e^(−|x|) where x is negative; 0 at −∞, its limit. Below −64 the exponential is taken
     * 64 higher, or it would lose digits to underflow before x makes it larger.
     */
    static void silu(float[] x, int xo, float[] y, int yo, int n) {
        float[] buffer = Scratch.floats(Scratch.FUNCTION, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            v.abs().neg().blend(v.add(64f), v.compare(LT, -64f)).intoArray(buffer, i);
        }
        exp(buffer, 0, buffer, 0, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            FloatVector e = VECTOR.cast(fromArray(FLOATS, buffer, i));
            FloatVector near = v.mul(e.blend(1f, v.compare(GE, 0f))).div(e.add(1f));
            FloatVector far = v.blend(-200f, v.compare(LT, -200f)).mul(e).mul(1.6038109e-28f); // e⁻⁶⁴
            near.blend(far, v.compare(LT, -64f)).intoArray(y, yo + i);
        }
    }

    /** Derivative of {@link #silu}: σ·(1 + x·(1−σ)), with 1−σ as exact as σ. */
    static void siluDerivative(float[] x, int xo, float[] y, int yo, int n) {
        float[] buffer = Scratch.floats(Scratch.FUNCTION, n);
        expOfMinusMagnitude(x, xo, buffer, n);
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            FloatVector e = VECTOR.cast(fromArray(FLOATS, buffer, i));
            FloatVector larger = one.div(e.add(1f)); // σ(|x|)
            FloatVector smaller = larger.mul(e); // σ(−|x|)
            var positive = v.compare(GE, 0f);
            FloatVector complement = larger.blend(smaller, positive);
            v.fma(complement, one).mul(smaller.blend(larger, positive)).intoArray(y, yo + i);
        }
    }

    /** x·Φ(x), Φ the normal distribution function: exact also where Φ is tiny. */
    static void gelu(float[] x, int xo, float[] y, int yo, int n) {
        float[] tail = Scratch.floats(Scratch.FUNCTION, n);
        normalTail(x, xo, tail, tail, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            FloatVector t = VECTOR.cast(fromArray(FLOATS, tail, i));
            v.mul(t.blend(t.neg().add(1f), v.compare(GE, 0f))).intoArray(y, yo + i);
        }
    }

    /** Derivative of {@link #gelu}: Φ(x) + x·φ(x). */
    static void geluDerivative(float[] x, int xo, float[] y, int yo, int n) {
        float[] tail = Scratch.floats(Scratch.FUNCTION, n);
        float[] bell = Scratch.floats(Scratch.FUNCTION_RESULT, n);
        normalTail(x, xo, bell, tail, n);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = fromArray(FLOATS, x, xo + i);
            FloatVector t = VECTOR.cast(fromArray(FLOATS, tail, i));
            FloatVector cdf = t.blend(t.neg().add(1f), v.compare(GE, 0f));
            VECTOR.cast(fromArray(FLOATS, bell, i)).mul(0.39894228f).fma(v, cdf).intoArray(y, yo + i);
        }
    }

    /**
     * Φ(−|x|) = e^(−x²/2)·(1−s)·p(s) with s = |x|/(3+|x|), after Mills' ratio; fit 2.2e-8. Beyond 15 it is 0 in float.
     *
     * @param bell receives e^(−x²/2), unless it is the same array as {@code tail}
     */
    private static void normalTail(float[] x, int xo, float[] bell, float[] tail, int n) {
        for (int i = 0; i < n; i += COUNT) {
            FloatVector a = VECTOR.cast(fromArray(FLOATS, x, xo + i)).abs();
            a = a.blend(15f, a.compare(GT, 15f));
            a.mul(a).mul(-0.5f).intoArray(bell, i);
        }
        exp(bell, 0, bell, 0, n);
        FloatVector three = FloatVector.broadcast(FLOATS, 3f);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector a = VECTOR.cast(fromArray(FLOATS, x, xo + i)).abs();
            a = a.blend(15f, a.compare(GT, 15f));
            FloatVector d = a.add(3f);
            FloatVector s = a.div(d);
            FloatVector p = s.lanewise(FMA, 8.830868639e-03f, -5.694860592e-02f);
            p = p.lanewise(FMA, s, 1.080385149e-01f).lanewise(FMA, s, -5.055033043e-02f);
            p = p.lanewise(FMA, s, -1.247550920e-02f).lanewise(FMA, s, -9.333554655e-02f);
            p = p.lanewise(FMA, s, 6.995023787e-02f).lanewise(FMA, s, 3.562845886e-01f);
            p = p.lanewise(FMA, s, -6.968253851e-01f).lanewise(FMA, s, 0.5f);
            FloatVector lost = a.fma(a, a.mul(a).neg()); // what rounding took from x², which e magnifies
            FloatVector e = VECTOR.cast(fromArray(FLOATS, bell, i));
            e = lost.mul(-0.5f).fma(e, e);
            e.intoArray(bell, i);
            e.mul(p.mul(three.div(d))).intoArray(tail, i);
        }
    }

    /** The error function: x + x·q(x²) up to 1, fit 1.4e-9; beyond, 1 − 2·Φ(−√2·|x|). */
    static void erf(float[] x, int xo, float[] y, int yo, int n) {
        float[] scaled = Scratch.floats(Scratch.FUNCTION_RESULT, n);
        float[] tail = Scratch.floats(Scratch.FUNCTION, n);
        for (int i = 0; i < n; i += COUNT) {
            VECTOR.cast(fromArray(FLOATS, x, xo + i)).mul(1.41421356f).intoArray(scaled, i);
        }
        normalTail(scaled, 0, tail, tail, n);
        FloatVector one = FloatVector.broadcast(FLOATS, 1f);
        for (int i = 0; i < n; i += COUNT) {
            FloatVector v = VECTOR.cast(fromArray(FLOATS, x, xo + i));
            FloatVector u = v.mul(v);
            FloatVector q = u.lanewise(FMA, 7.834699500e-05f, -8.004633128e-04f);
            q = q.lanewise(FMA, u, 5.187740549e-03f).lanewise(FMA, u, -2.685354650e-02f);
            q = q.lanewise(FMA, u, 1.128358096e-01f).lanewise(FMA, u, -3.761262596e-01f);
            q = q.lanewise(FMA, u, 1.283791661e-01f);
            IntVector far = fromArray(FLOATS, tail, i).lanewise(FMA, -2f, one).reinterpretAsInts();
            FloatVector signed = v.reinterpretAsInts().and(SIGN_BIT).or(far).reinterpretAsFloats();
            signed.blend(q.fma(v, v), u.compare(LT, 1f)).intoArray(y, yo + i);
        }
    }
}
