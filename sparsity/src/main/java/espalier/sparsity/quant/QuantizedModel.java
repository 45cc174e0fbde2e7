package espalier.sparsity.quant;

import espalier.autograd.Variable;
import espalier.nn.Module;

/**
 * A model whose layers are given quantized inputs whenever it runs: for training with quantized activations. Its body
 * can be taken out unchanged afterwards.
 *
 * <pre>{@code
 * Module quantized = new QuantizedModel(model, Activations.calibrated(model, seen, new Calibration.SquaredError(), 4));
 * new Trainer(quantized, optimizer, Losses::crossEntropy, random).train(loader, 2);
 * }</pre>
 */
public final class QuantizedModel extends Module {
    private final Module body;
    private final Activations activations;

    /** A model with grids for its activations. */
    public QuantizedModel(Module body, Activations activations) {
        this.body = child("body", body);
        this.activations = activations;
    }

    /** The model itself. */
    public Module body() {
        return body;
    }

    @Override
    protected Variable forward(Variable x) {
        return activations.during(() -> body.apply(x));
    }
}
