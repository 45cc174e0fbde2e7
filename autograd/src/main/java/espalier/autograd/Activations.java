package espalier.autograd;

import static espalier.autograd.Edge.edge;

import espalier.tensor.Tensor;
import espalier.tensor.spi.BinaryOp;
import java.util.List;
import java.util.Optional;

/** The nonlinear functions between layers. Their gradients are fused: one walk over memory. */
public sealed interface Activations permits Variable {
    private Variable self() {
        return (Variable) this;
    }

    /** max(x, 0). No gradient at 0. */
    default Variable relu() {
        Tensor y = self().value().relu();
        return Variable.of("relu", y, edge(self(), g -> g.gradient(BinaryOp.RELU_GRADIENT, y)));
    }

    /**
     * max(x + b, 0), as one operation: the end of a residual block. No gradient where the sum is 0.
     *
     * @throws espalier.tensor.ShapeException if shapes or types differ: nothing is broadcast
     */
    default Variable addRelu(Variable b) {
        Tensor y = self().value().addRelu(b.value());
        return Variable.jointly("addRelu", y, List.of(self(), b), g -> {
            Optional<Tensor> passed = Optional.of(g.gradient(BinaryOp.RELU_GRADIENT, y));
            return List.of(passed, passed);
        });
    }

    /** x where positive, else {@code slope}·x, for a slope from 0 to 1, which is also the gradient at 0. */
    default Variable leakyRelu(double slope) {
        Tensor x = self().value();
        return Variable.of(
                "leakyRelu",
                new Spec.Scalar(slope),
                x.leakyRelu(slope),
                edge(self(), g -> x.gt(0).where(g, g.mul(slope))));
    }

    /** 1/(1+e<sup>−x</sup>). */
    default Variable sigmoid() {
        Tensor y = self().value().sigmoid();
        return Variable.of("sigmoid", y, edge(self(), g -> g.gradient(BinaryOp.SIGMOID_GRADIENT, y)));
    }

    /** Hyperbolic tangent. */
    default Variable tanh() {
        Tensor y = self().value().tanh();
        return Variable.of("tanh", y, edge(self(), g -> g.gradient(BinaryOp.TANH_GRADIENT, y)));
    }

    /** x·Φ(x), the exact form (Hendrycks and Gimpel 2016). */
    default Variable gelu() {
        Tensor x = self().value();
        return Variable.of("gelu", x.gelu(), edge(self(), g -> g.gradient(BinaryOp.GELU_GRADIENT, x)));
    }

    /** x·sigmoid(x). */
    default Variable silu() {
        Tensor x = self().value();
        return Variable.of("silu", x.silu(), edge(self(), g -> g.gradient(BinaryOp.SILU_GRADIENT, x)));
    }

    /** log(1+e<sup>x</sup>). */
    default Variable softplus() {
        Tensor x = self().value();
        return Variable.of("softplus", x.softplus(), edge(self(), g -> g.mul(x.sigmoid())));
    }
}
