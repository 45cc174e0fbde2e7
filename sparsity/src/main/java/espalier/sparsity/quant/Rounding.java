package espalier.sparsity.quant;

import espalier.tensor.DType;
import espalier.tensor.Tensor;

/** To the nearest integer, halves away from zero, as fixed-point hardware does: 2.5 to 3, −2.5 to −3. */
final class Rounding {
    private Rounding() {}

    static double halfAway(double x) {
        return Math.copySign(Math.floor(Math.abs(x) + Math.nextDown(0.5)), x);
    }

    /**
     * Each element. What is added before cutting off is the number just below a half: a half itself would take the
     * number just below 0.5, and odd numbers above 2<sup>23</sup>, one too far.
     */
    static Tensor halfAway(Tensor x) {
        double half = x.dtype() == DType.F64 ? Math.nextDown(0.5) : Math.nextDown(0.5f);
        return x.abs().add(half).floor().mul(x.sign());
    }
}
