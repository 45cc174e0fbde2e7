package espalier.sparsity.quant;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.nn.ForwardPass;
import espalier.nn.Module;
import espalier.nn.data.DataLoader;
import espalier.nn.layer.BatchNorm;
import espalier.tensor.RandomSource;
import espalier.tensor.Tensor;
import java.util.List;

/**
 * Measures the running statistics of batch norms anew: after pruning or quantization, what flows through them has other
 * means and variances than those of training.
 */
public final class BatchNormStatistics {
    private BatchNormStatistics() {}

    /**
     * Sets every mean and variance to the average over the batches of a data set, all counted alike; a model without
     * batch norm is left as it is. The weights do not change. Dropout drops while measuring.
     *
     * @throws IllegalArgumentException if there is no batch
     */
    public static void measure(Module model, DataLoader data) {
        List<BatchNorm> norms = model.modules().values().stream()
                .filter(BatchNorm.class::isInstance)
                .map(BatchNorm.class::cast)
                .toList();
        if (norms.isEmpty()) {
            return;
        }
        if (data.batches() == 0) {
            throw new IllegalArgumentException("batch norm: no batch to measure");
        }
        List<Tensor> means = norms.stream().map(n -> n.mean().zerosLike()).toList();
        List<Tensor> variances =
                norms.stream().map(n -> n.variance().zerosLike()).toList();
        RandomSource random = RandomSource.of(0);
        data.forEach(0, 0, batch -> {
            norms.forEach(BatchNormStatistics::forget);
            Autograd.withoutGrad(
                    () -> ForwardPass.training(random, () -> model.apply(Variable.constant(batch.images()))));
            for (int i = 0; i < norms.size(); i++) {
                means.get(i).addInPlace(norms.get(i).mean());
                variances.get(i).addInPlace(norms.get(i).variance());
            }
        });
        // One step from zero is a tenth of the batch's statistics.
        double toAverage = 1 / (0.1 * data.batches());
        for (int i = 0; i < norms.size(); i++) {
            norms.get(i).mean().copyInPlace(means.get(i).mul(toAverage));
            norms.get(i).variance().copyInPlace(variances.get(i).mul(toAverage));
        }
    }

    private static void forget(BatchNorm norm) {
        norm.mean().fillInPlace(0);
        norm.variance().fillInPlace(0);
    }
}
