package espalier.autograd;

import espalier.tensor.Tensor;

/** Finds where the first NaN or infinity of a computation came from. */
final class NumberGuard {
    private NumberGuard() {}

    /**
     * Looks at every value.
     *
     * @param made what made them: an operation, perhaps with the layer it is in
     * @throws ArithmeticException if one is NaN or infinite
     */
    static void check(String made, Tensor value) {
        if (!value.dtype().isFloating() || value.size() == 0) {
            return;
        }
        // x − x is 0 for every finite x and NaN for the rest.
        Tensor zero = value.sub(value);
        int bad = (int) zero.ne(0).countNonZero().item();
        if (bad > 0) {
            throw new ArithmeticException(
                    made + ": " + bad + " of " + value.size() + " values are NaN or infinite, shape " + value.shape());
        }
    }
}
