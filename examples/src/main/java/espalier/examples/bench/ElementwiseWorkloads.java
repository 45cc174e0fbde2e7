package espalier.examples.bench;

import espalier.tensor.Normalization;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Operations that memory bounds, at a size that fits the second-level cache ({@code -cache}, 16 Ki values) and at one
 * far beyond the last ({@code -dram}, 16 Mi). The traffic counted is each input read once and each output written once;
 * {@code chain} is three operations, which some devices make one kernel of.
 */
final class ElementwiseWorkloads {
    /** {@code [N, C, H, W]} with 16 Ki and 16 Mi values. */
    private static final int[] CACHE = {4, 16, 16, 16};

    private static final int[] DRAM = {64, 64, 64, 64};

    private static final double EPSILON = 1e-5;

    private ElementwiseWorkloads() {}

    static List<Workload> all() {
        List<Workload> all = new ArrayList<>();
        for (int[] dims : List.of(CACHE, DRAM)) {
            all.add(workload("add", dims, 3, x -> {
                Tensor other = x.copy();
                return () -> x.add(other);
            }));
            all.add(workload("add-bias", dims, 2, x -> {
                Tensor bias = x.narrow(0, 0, 1).narrow(2, 0, 1).narrow(3, 0, 1).copy();
                return () -> x.add(bias);
            }));
            all.add(workload("mul-scalar", dims, 2, x -> () -> x.mul(0.5)));
            all.add(workload("relu", dims, 2, x -> x::relu));
            all.add(workload("chain", dims, 3, x -> {
                Tensor other = x.copy();
                return () -> x.mul(0.5).add(other).relu();
            }));
            all.add(workload("exp", dims, 2, x -> x::exp));
            all.add(workload("tanh", dims, 2, x -> x::tanh));
            all.add(workload("sum", dims, 1, x -> x::sum));
            all.add(workload("sum-channels", dims, 1, x -> () -> x.sum(0, 2, 3)));
            all.add(workload("softmax", dims, 2, x -> {
                Tensor rows = x.reshape(x.size() / 256, 256);
                return () -> Softmax.softmax(rows);
            }));
            all.add(workload("transpose", dims, 2, x -> {
                Tensor rows = x.reshape(x.size() / 128, 128);
                return () -> rows.t().contiguous();
            }));
            all.add(workload("batchnorm", dims, 2, x -> {
                Tensor scale = channels(x);
                return () -> Normalization.batchNorm(x, scale, scale, EPSILON);
            }));
            all.add(workload("batchnorm-gradient", dims, 3, x -> {
                Tensor scale = channels(x);
                var forward = Normalization.batchNorm(x, scale, scale, EPSILON);
                Tensor g = x.copy();
                return () -> Normalization.batchNormGradient(x, g, scale, forward.mean(), forward.variance(), EPSILON);
            }));
        }
        return all;
    }

    private static Tensor channels(Tensor x) {
        return x.sum(0, 2, 3).mul(0).add(1);
    }

    private static Workload workload(String name, int[] dims, int arrays, Function<Tensor, Supplier<?>> operation) {
        String place = dims == CACHE ? "-cache" : "-dram";
        double bytes = 4.0 * arrays * dims[0] * dims[1] * dims[2] * dims[3];
        return Workload.rate(
                name + place,
                Unit.GBS,
                bytes,
                threads -> Inputs.scoped(operation.apply(Inputs.uniform(threads, dims))));
    }
}
