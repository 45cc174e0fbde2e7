package espalier.sparsity.parametrize;

import espalier.autograd.Variable;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.Role;
import espalier.sparsity.Granularity;
import espalier.sparsity.Prunable;
import espalier.tensor.Linalg;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.TensorScope;
import java.util.ArrayList;
import java.util.List;

/**
 * A matrix as a product with a diagonal in the middle, {@code W = W₁·diag(m)·W₂}, whose units are the entries of m:
 * where one is 0 the rank is lower by one. With a soft threshold on m this is the low-rank STR of Kusupati et al.
 * (2020, section 4.3), made for FastGRNN's two matrices.
 *
 * <pre>{@code
 * LowRank input = LowRank.on("rnn.input", cell.input());
 * LowRank recurrent = LowRank.on("rnn.recurrent", cell.recurrent());
 * SoftThreshold.on(List.of(input.ranks(), recurrent.ranks()), SoftThreshold.Options.of(-10));
 * // train, then:
 * LowRank.Factors factors = input.fold();            // [out, rank] and [rank, in]
 * }</pre>
 *
 * <p>m starts at 1 and the factors with those of the singular value decomposition of the weight, so the network is the
 * same at first; the stored weight is not trained any more.
 */
public final class LowRank implements Parametrization {
    /**
     * What remains: {@code W = left·right}.
     *
     * @param left {@code [out, rank]}, the surviving entries of m multiplied in
     * @param right {@code [rank, in]}
     */
    public record Factors(Tensor left, Tensor right) {
        /** The number of surviving entries. */
        public int rank() {
            return left.dim(1);
        }

        /** The numbers in both factors; fewer than in the matrix where the rank is below out·in/(out + in). */
        public int size() {
            return left.size() + right.size();
        }
    }

    private final String path;
    private final Parameter left;
    private final Parameter middle;
    private final Parameter right;

    private LowRank(String path, Parameter left, Parameter middle, Parameter right) {
        this.path = path;
        this.left = left;
        this.middle = middle;
        this.right = right;
    }

    /**
     * Puts a matrix into this form, with as many entries in m as its smaller side has.
     *
     * @param path of the weight in its model
     * @throws IllegalArgumentException if it is no matrix
     */
    public static LowRank on(String path, Parameter weight) {
        if (weight.shape().rank() != 2) {
            throw new IllegalArgumentException("low rank: " + path + " " + weight.shape() + " is no matrix");
        }
        Linalg.Svd svd = Linalg.svd(weight.get().value());
        Tensor root = svd.s().sqrt();
        LowRank made = new LowRank(
                path,
                new Parameter("left", Role.WEIGHT, svd.u().mul(root).copy()),
                new Parameter("rank", Role.GATE, root.zerosLike().add(1)),
                new Parameter("right", Role.WEIGHT, svd.v().mul(root).t().copy()));
        weight.parametrize(made);
        return made;
    }

    /** The entries of m, to be thresholded or pruned. */
    public Prunable ranks() {
        Shape connections = Shape.of(left.shape().dim(0), right.shape().dim(1));
        return new Prunable(path + ".rank", middle, Granularity.ELEMENT, connections, List.of());
    }

    @Override
    public Variable apply(Variable raw) {
        return left.get().mul(middle.get()).matmul(right.get());
    }

    /** The factors, m, and what stands before m. */
    @Override
    public List<Parameter> parameters() {
        List<Parameter> own = new ArrayList<>(List.of(left, middle, right));
        middle.parametrization().ifPresent(p -> own.addAll(p.parameters()));
        return own;
    }

    /** The surviving entries multiplied into the left factor, the others cut out of both: exact. */
    public Factors fold() {
        try (TensorScope scope = TensorScope.open()) {
            Tensor m = middle.get().value();
            float[] values = m.toFloats();
            List<Integer> alive = new ArrayList<>();
            for (int i = 0; i < values.length; i++) {
                if (values[i] != 0) {
                    alive.add(i);
                }
            }
            int[] kept = alive.stream().mapToInt(Integer::intValue).toArray();
            Tensor index = Tensor.of(m.device(), kept, Shape.of(kept.length));
            Tensor scaled = left.get().value().mul(m);
            return new Factors(
                    scope.keep(scaled.indexSelect(1, index)),
                    scope.keep(right.get().value().indexSelect(0, index)));
        }
    }
}
