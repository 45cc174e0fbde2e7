package espalier.tensor.onnx;

import espalier.tensor.Convolution;
import espalier.tensor.DType;
import espalier.tensor.Normalization;
import espalier.tensor.PadMode;
import espalier.tensor.Pooling;
import espalier.tensor.Shape;
import espalier.tensor.Shaping;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;
import espalier.tensor.onnx.OnnxModel.Node;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Runs a model node by node with the operations of this library: ONNX operator set 6, as far as the cases go. */
final class OnnxRunner {
    /** An operation, or a setting of one, that this library does not have. */
    static final class Unsupported extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Unsupported(String reason) {
            super(reason);
        }
    }

    private final Map<String, Tensor> values = new HashMap<>();

    private OnnxRunner(Map<String, Tensor> known) {
        values.putAll(known);
    }

    /** The outputs for these inputs. */
    static List<Tensor> run(OnnxModel model, List<Tensor> inputs) {
        OnnxRunner runner = new OnnxRunner(model.initializers());
        for (int i = 0; i < inputs.size(); i++) {
            runner.values.put(model.inputs().get(i), inputs.get(i));
        }
        for (Node node : model.nodes()) {
            List<Tensor> made = runner.run(node);
            for (int i = 0; i < made.size(); i++) {
                runner.values.put(node.outputs().get(i), made.get(i));
            }
        }
        return model.outputs().stream().map(runner.values::get).toList();
    }

    private List<Tensor> run(Node node) {
        List<Tensor> in = node.inputs().stream().map(values::get).toList();
        if (node.op().equals("Split")) {
            return split(in.getFirst(), node);
        }
        return List.of(in.isEmpty() ? node.attributes().get("value").tensors().getFirst() : one(node, in));
    }

    private static Tensor one(Node node, List<Tensor> in) {
        Tensor x = in.getFirst();
        return switch (node.op()) {
            case "Relu" -> x.relu();
            case "Sigmoid" -> x.sigmoid();
            case "Tanh" -> x.tanh();
            case "Exp" -> x.exp();
            case "Sqrt" -> x.sqrt();
            case "Neg" -> x.neg();
            case "Softplus" -> x.softplus();
            case "LeakyRelu" -> x.leakyRelu(node.number("alpha", 0.01f));
            case "PRelu" -> x.relu().sub(x.neg().relu().mul(perChannel(in.get(1), x)));
            case "Add" -> x.add(aligned(node, x, in.get(1)));
            case "Mul" -> x.mul(aligned(node, x, in.get(1)));
            case "Pow" -> x.pow(aligned(node, x, in.get(1)));
            case "Sum" -> in.stream().reduce(Tensor::add).orElseThrow();
            case "Gemm" -> gemm(node, in);
            case "Conv" -> convolution(node, in);
            case "ConvTranspose" -> transposed(node, in);
            case "MaxPool" ->
                pooled(node, x, (spec, flat) -> Pooling.max(spec, flat).values());
            case "AveragePool" -> pooled(node, x, Pooling::average);
            case "BatchNormalization" -> batchNorm(node, in);
            case "Softmax" -> overRest(x, node.integer("axis", 1), Softmax::softmax);
            case "LogSoftmax" -> overRest(x, node.integer("axis", 1), Softmax::logSoftmax);
            case "Pad" -> pad(node, x);
            case "Concat" -> Shaping.concat(node.integer("axis", 1), in);
            case "Transpose" -> x.permute(node.integers("perm"));
            case "Unsqueeze" -> x.unsqueeze(node.integers("axes")[0]);
            case "Squeeze" -> x.squeeze(node.integers("axes")[0]);
            case "Gather" -> rows(x, in.get(1));
            case "ReduceSum" -> x.sum(node.integer("keepdims", 1) == 1, node.integers("axes"));
            default -> throw new Unsupported("there is no " + node.op());
        };
    }

    // ---- elementwise

    /** Operator set 6 aligns the right operand at an axis of the left one. */
    private static Tensor aligned(Node node, Tensor x, Tensor right) {
        int axis = node.integer("axis", -1);
        Tensor stretched = right;
        while (axis >= 0 && axis + stretched.rank() < x.rank()) {
            stretched = stretched.unsqueeze(-1);
        }
        return stretched;
    }

    private static Tensor perChannel(Tensor slope, Tensor x) {
        int[] dims = new int[x.rank() - 1];
        Arrays.fill(dims, 1);
        dims[0] = slope.size();
        return slope.reshape(Shape.of(dims));
    }

    // ---- products

    private static Tensor gemm(Node node, List<Tensor> in) {
        Tensor a = node.integer("transA", 0) == 1 ? in.get(0).t() : in.get(0);
        Tensor b = node.integer("transB", 0) == 1 ? in.get(1).t() : in.get(1);
        Tensor product = a.matmul(b).mul(node.number("alpha", 1));
        return product.add(in.get(2).mul(node.number("beta", 1)));
    }

    /** Stride, padding, dilation and groups of a node with one or two axes; one axis becomes the width. */
    private static ConvSpec convSpec(Node node, Tensor x) {
        int axes = x.rank() - 2;
        if (axes > 2) {
            throw new Unsupported("convolution over three axes");
        }
        int[] strides = widened(node.integers("strides", 1, 1), 1);
        int[] dilations = widened(node.integers("dilations", 1, 1), 1);
        int[] pads = symmetric(node, axes);
        int groups = node.integer("group", 1);
        return new ConvSpec(strides[0], strides[1], pads[0], pads[1], dilations[0], dilations[1], groups);
    }

    private static int[] widened(int[] setting, int missing) {
        return setting.length == 1 ? new int[] {missing, setting[0]} : setting;
    }

    private static int[] symmetric(Node node, int axes) {
        int[] pads = node.integers("pads", new int[2 * axes]);
        int[] before = Arrays.copyOf(pads, axes);
        if (!Arrays.equals(before, Arrays.copyOfRange(pads, axes, 2 * axes))) {
            throw new Unsupported("padding that differs between the two sides");
        }
        return widened(before, 0);
    }

    private static Tensor convolution(Node node, List<Tensor> in) {
        Optional<Tensor> bias = in.size() > 2 ? Optional.of(in.get(2)) : Optional.empty();
        ConvSpec spec = convSpec(node, in.get(0));
        return in.get(0).rank() == 3
                ? Convolution.conv1d(spec, in.get(0), in.get(1), bias)
                : Convolution.conv2d(spec, in.get(0), in.get(1), bias);
    }

    private static Tensor transposed(Node node, List<Tensor> in) {
        int extra = node.integers("output_padding", 0)[0];
        return Convolution.convTranspose2d(convSpec(node, in.get(0)), in.get(0), in.get(1), extra);
    }

    // ---- windows, normalization

    private interface Pool {
        Tensor of(PoolSpec spec, Tensor x);
    }

    private static Tensor pooled(Node node, Tensor x, Pool pool) {
        if (x.rank() > 4) {
            throw new Unsupported("pooling over three axes");
        }
        if (Arrays.stream(node.integers("dilations")).anyMatch(dilation -> dilation != 1)) {
            throw new Unsupported("pooling with dilation");
        }
        int[] kernel = widened(node.integers("kernel_shape"), 1);
        int[] strides = widened(node.integers("strides", 1, 1), 1);
        int[] pads = symmetric(node, x.rank() - 2);
        boolean counted = node.integer("count_include_pad", 0) == 1;
        PoolSpec spec = new PoolSpec(kernel[0], kernel[1], strides[0], strides[1], pads[0], pads[1], false, counted);
        return x.rank() == 3 ? pool.of(spec, x.unsqueeze(2)).squeeze(2) : pool.of(spec, x);
    }

    private static Tensor batchNorm(Node node, List<Tensor> in) {
        Tensor scale =
                in.get(1).mul(in.get(4).add(node.number("epsilon", 1e-5f)).rsqrt());
        Tensor shift = in.get(2).sub(in.get(3).mul(scale));
        return Normalization.scaleShift(in.get(0), scale, shift);
    }

    private interface LastAxis {
        Tensor of(Tensor x);
    }

    /** Operator set 6 takes all axes from one on as a single one. */
    private static Tensor overRest(Tensor x, int axis, LastAxis function) {
        return function.of(x.flatten(axis)).reshape(x.shape());
    }

    // ---- shaping

    private static Tensor pad(Node node, Tensor x) {
        PadMode mode = switch (node.attributes().get("mode").text()) {
            case "reflect" -> PadMode.REFLECT;
            case "edge" -> PadMode.REPLICATE;
            default -> PadMode.ZERO;
        };
        int[] pads = node.integers("pads");
        Tensor padded = x;
        for (int axis = 0; axis < x.rank(); axis++) {
            padded = padded.pad(mode, axis, pads[axis], pads[axis + x.rank()]);
        }
        return padded;
    }

    private static List<Tensor> split(Tensor x, Node node) {
        int axis = node.integer("axis", 0);
        int[] halves = {x.dim(axis) / 2, x.dim(axis) / 2};
        return x.split(axis, node.integers("split", halves));
    }

    /** Rows of a table {@code [K, D]} by indices of any shape. */
    private static Tensor rows(Tensor table, Tensor index) {
        Tensor flat = index.to(DType.I32).flatten(0);
        Tensor picked = table.indexSelect(0, flat);
        int[] dims = Arrays.copyOf(index.shape().toArray(), index.rank() + 1);
        dims[index.rank()] = table.dim(1);
        return picked.reshape(Shape.of(dims));
    }
}
