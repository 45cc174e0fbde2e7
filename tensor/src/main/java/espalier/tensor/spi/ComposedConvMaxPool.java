package espalier.tensor.spi;

import espalier.tensor.ConvMaxPool;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;

/** A {@link ConvMaxPool} as the operations that it consists of, one after the other. */
final class ComposedConvMaxPool {
    private ComposedConvMaxPool() {}

    static void forward(ConvMaxPool unit, ConvMaxPool.Made to) {
        Backend backend = unit.x().device().backend();
        try (TensorScope _ = TensorScope.open()) {
            Tensor product = product(unit);
            backend.conv2d(unit.spec(), unit.x(), unit.w(), unit.bias(), product);
            backend.maxPool2d(unit.pool(), product, to.output(), to.places());
        }
        if (unit.relu()) {
            backend.unary(UnaryOp.RELU, to.output(), to.output());
        }
    }

    static void gradient(ConvMaxPool unit, ConvMaxPool.Made made, Tensor g, ConvMaxPool.Gradients to) {
        Backend backend = unit.x().device().backend();
        try (TensorScope _ = TensorScope.open()) {
            Tensor product = product(unit); // the gradient to it
            backend.maxPool2dGradient(unit.pool(), g, made.places(), product);
            to.x().ifPresent(dx -> backend.conv2dInputGradient(unit.spec(), product, unit.w(), dx));
            to.w().ifPresent(dw -> backend.conv2dWeightGradient(unit.spec(), unit.x(), product, dw));
        }
    }

    private static Tensor product(ConvMaxPool unit) {
        return Tensor.allocate("convMaxPool", unit.x().device(), unit.x().dtype(), unit.productShape());
    }
}
