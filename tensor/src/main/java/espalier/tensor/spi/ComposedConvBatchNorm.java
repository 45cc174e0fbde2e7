package espalier.tensor.spi;

import espalier.tensor.ConvBatchNorm;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.Optional;

/** A {@link ConvBatchNorm} as the operations that it consists of, one after the other. */
final class ComposedConvBatchNorm {
    private ComposedConvBatchNorm() {}

    static void forward(ConvBatchNorm unit, ConvBatchNorm.Made to) {
        Backend backend = unit.x().device().backend();
        backend.conv2d(unit.spec(), unit.x(), unit.w(), Optional.empty(), to.product());
        if (unit.relu() && unit.shortcut().isEmpty()) {
            backend.batchNormRelu(
                    to.product(), unit.scale(), unit.shift(), unit.epsilon(), to.output(), to.mean(), to.variance());
            return;
        }
        backend.batchNorm(
                to.product(), unit.scale(), unit.shift(), unit.epsilon(), to.output(), to.mean(), to.variance());
        unit.shortcut().ifPresent(past -> {
            if (unit.relu()) {
                backend.addRelu(to.output(), past, to.output());
            } else {
                backend.binary(BinaryOp.ADD, to.output(), past, to.output());
            }
        });
    }

    static void gradient(
            ConvBatchNorm unit,
            ConvBatchNorm.Made made,
            Tensor g,
            Optional<Tensor> addend,
            ConvBatchNorm.Gradients to) {
        Backend backend = unit.x().device().backend();
        try (TensorScope _ = TensorScope.open()) {
            Tensor product = Tensor.allocate("convBatchNorm", g.device(), g.dtype(), g.shape()); // the gradient to it
            if (unit.relu() && unit.shortcut().isEmpty()) {
                backend.batchNormReluGradient(
                        made.product(),
                        made.output(),
                        g,
                        unit.scale(),
                        unit.shift(),
                        made.mean(),
                        made.variance(),
                        unit.epsilon(),
                        product,
                        to.scale(),
                        to.shift());
            } else {
                Tensor passed = to.shortcut().orElse(g);
                if (unit.relu()) {
                    backend.binary(BinaryOp.RELU_GRADIENT, g, made.output(), passed);
                }
                backend.batchNormGradient(
                        made.product(),
                        passed,
                        unit.scale(),
                        made.mean(),
                        made.variance(),
                        unit.epsilon(),
                        product,
                        to.scale(),
                        to.shift());
            }
            to.x().ifPresent(dx -> {
                backend.conv2dInputGradient(unit.spec(), product, unit.w(), dx);
                addend.ifPresent(more -> backend.binary(BinaryOp.ADD, dx, more, dx));
            });
            to.w().ifPresent(dw -> backend.conv2dWeightGradient(unit.spec(), unit.x(), product, dw));
        }
    }
}
