package espalier.sparsity.export;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.io.TensorFormatException;
import espalier.tensor.spi.ConvSpec;
import espalier.tensor.spi.PoolSpec;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The body of a packed model's file: metadata, the input's shape, then the steps with their tensors.
 *
 * <p>Numbers are those of {@link BitWriter#number}. An operation is known by a number that never changes: see
 * {@link #code}.
 */
final class ModelCode {
    private static final int MOST_TEXTS = 10_000;
    private static final int MOST_STEPS = 100_000;
    private static final int MOST_INPUTS = 1_000;
    private static final int MOST_AXES = 8;

    /** Largest stride, padding, dilation and kernel; no network comes near it, and no product of two overflows. */
    private static final int MOST_SPAN = 4096;

    /**
     * Tensors may be so many times larger than the file. A layer of nothing but zeros takes a few bytes, but a small
     * file must not be able to claim all memory.
     */
    private static final long ELEMENTS_PER_BYTE = 4096;

    private static final long FREE_ELEMENTS = 1 << 22;

    private ModelCode() {}

    /** How many elements the tensors of a file may have. */
    static long elementLimit(long fileBytes) {
        return FREE_ELEMENTS + ELEMENTS_PER_BYTE * fileBytes;
    }

    /** The number of an operation in files. */
    private static int code(Operation operation) {
        return switch (operation) {
            case Operation.Convolution _ -> 1;
            case Operation.Linear _ -> 2;
            case Operation.ScaleShift _ -> 3;
            case Operation.MaxPool _ -> 4;
            case Operation.AveragePool _ -> 5;
            case Operation.GlobalAverage _ -> 6;
            case Operation.Identity _ -> 7;
            case Operation.Add _ -> 8;
            case Operation.Concat _ -> 9;
            case Operation.Flatten _ -> 10;
            case Operation.Subsample _ -> 11;
            case Operation.PadChannels _ -> 12;
            case Operation.Softmax _ -> 13;
        };
    }

    // ---- writing

    static void write(Program program, Map<String, String> metadata, BitWriter to) {
        to.number(metadata.size());
        new TreeMap<>(metadata).forEach((key, value) -> {
            to.text(key);
            to.text(value);
        });
        writeShape(program.input(), to);
        to.number(program.steps().size());
        for (Step step : program.steps()) {
            to.text(step.place());
            to.octet(code(step.operation()));
            to.octet(step.activation().ordinal());
            to.number(step.inputs().size());
            step.inputs().forEach(to::number);
            writeDetails(step.operation(), to);
        }
    }

    private static void writeDetails(Operation operation, BitWriter to) {
        switch (operation) {
            case Operation.Convolution c -> {
                ConvSpec s = c.spec();
                writeNumbers(to, s.strideH(), s.strideW(), s.padH(), s.padW(), s.dilationH(), s.dilationW());
                to.number(s.groups());
                writeTensor(c.weight(), to);
                writeExtras(c.scale(), c.bias(), to);
            }
            case Operation.Linear l -> {
                writeTensor(l.weight(), to);
                writeExtras(l.scale(), l.bias(), to);
            }
            case Operation.ScaleShift s -> {
                writeTensor(s.scale(), to);
                writeTensor(s.shift(), to);
            }
            case Operation.MaxPool p -> writePool(p.spec(), to);
            case Operation.AveragePool p -> writePool(p.spec(), to);
            case Operation.Subsample s -> writeNumbers(to, s.stepH(), s.stepW());
            case Operation.PadChannels p -> writeNumbers(to, p.before(), p.after());
            case Operation.Softmax s -> to.octet(s.logarithm() ? 1 : 0);
            case Operation.GlobalAverage _, Operation.Identity _, Operation.Add _ -> {}
            case Operation.Concat _, Operation.Flatten _ -> {}
        }
    }

    private static void writeNumbers(BitWriter to, int... numbers) {
        for (int number : numbers) {
            to.number(number);
        }
    }

    private static void writePool(PoolSpec s, BitWriter to) {
        writeNumbers(to, s.kernelH(), s.kernelW(), s.strideH(), s.strideW(), s.padH(), s.padW());
        to.octet((s.ceilMode() ? 1 : 0) | (s.countPadding() ? 2 : 0));
    }

    private static void writeExtras(Optional<PackedTensor> scale, Optional<PackedTensor> bias, BitWriter to) {
        to.octet((scale.isPresent() ? 1 : 0) | (bias.isPresent() ? 2 : 0));
        scale.ifPresent(tensor -> writeTensor(tensor, to));
        bias.ifPresent(tensor -> writeTensor(tensor, to));
    }

    private static void writeTensor(PackedTensor tensor, BitWriter to) {
        to.octet(tensor.form().index().ordinal() << 4 | tensor.form().coding().ordinal());
        writeShape(tensor.shape(), to);
        byte[] payload = tensor.payload();
        to.number(payload.length);
        to.octets(payload);
    }

    private static void writeShape(Shape shape, BitWriter to) {
        to.number(shape.rank());
        writeNumbers(to, shape.toArray());
    }

    // ---- reading

    /** Reads one body. */
    static final class Reader {
        private final String source;
        private final BitReader from;
        private long elementsLeft;

        Reader(String source, BitReader from, long fileBytes) {
            this.source = source;
            this.from = from;
            this.elementsLeft = elementLimit(fileBytes);
        }

        PackedModel read() throws TensorFormatException {
            Map<String, String> metadata = new LinkedHashMap<>();
            int texts = from.number("the number of texts", 0, MOST_TEXTS);
            for (int i = 0; i < texts; i++) {
                int at = from.offset();
                String key = from.text("a key");
                if (metadata.put(key, from.text("a text")) != null) {
                    throw from.refusal(at, "key '" + key + "' comes twice");
                }
            }
            int inputAt = from.offset();
            Shape input = readShape();
            int count = from.number("the number of steps", 1, MOST_STEPS);
            List<Step> steps = new ArrayList<>();
            List<Shape> made = new ArrayList<>(List.of(input));
            for (int i = 0; i < count; i++) {
                int at = from.offset();
                Step step = readStep(i);
                steps.add(step);
                try {
                    made.add(Program.output(step, made));
                } catch (IllegalArgumentException e) {
                    throw caused(at, e);
                }
            }
            from.requireEnd("the last step");
            try {
                return new PackedModel(new Program(input, steps), metadata);
            } catch (IllegalArgumentException e) {
                throw caused(inputAt, e);
            }
        }

        private TensorFormatException caused(int offset, IllegalArgumentException cause) {
            TensorFormatException refusal = from.refusal(offset, Objects.requireNonNullElse(cause.getMessage(), ""));
            refusal.initCause(cause);
            return refusal;
        }

        private Step readStep(int number) throws TensorFormatException {
            String place = from.text("the place of step " + number);
            int codeAt = from.offset();
            int code = from.octet();
            int activation = from.number("the activation", 0, Nonlinearity.values().length - 1);
            List<Integer> inputs = new ArrayList<>();
            int count = from.number("the number of inputs", 1, MOST_INPUTS);
            for (int i = 0; i < count; i++) {
                inputs.add(from.number("an input of step " + number, 0, number));
            }
            int at = from.offset();
            try {
                return new Step(place, readOperation(code, codeAt), inputs, Nonlinearity.values()[activation]);
            } catch (ShapeException e) {
                throw caused(at, e);
            }
        }

        private Operation readOperation(int code, int at) throws TensorFormatException {
            return switch (code) {
                case 1 -> {
                    ConvSpec spec = new ConvSpec(
                            span("stride"),
                            span("stride"),
                            span("padding"),
                            span("padding"),
                            span("dilation"),
                            span("dilation"),
                            from.number("the number of groups", 1, Integer.MAX_VALUE));
                    int weightAt = from.offset();
                    PackedTensor weight = readTensor();
                    if (weight.shape().rank() != 4
                            || weight.shape().dim(2) > MOST_SPAN
                            || weight.shape().dim(3) > MOST_SPAN) {
                        throw from.refusal(weightAt, "weight " + weight.shape() + " is none of a convolution");
                    }
                    int extras = readExtras();
                    yield new Operation.Convolution(spec, weight, readIf(extras & 1), readIf(extras & 2));
                }
                case 2 -> {
                    PackedTensor weight = readTensor();
                    int extras = readExtras();
                    yield new Operation.Linear(weight, readIf(extras & 1), readIf(extras & 2));
                }
                case 3 -> new Operation.ScaleShift(readTensor(), readTensor());
                case 4 -> new Operation.MaxPool(readPool());
                case 5 -> new Operation.AveragePool(readPool());
                case 6 -> new Operation.GlobalAverage();
                case 7 -> new Operation.Identity();
                case 8 -> new Operation.Add();
                case 9 -> new Operation.Concat();
                case 10 -> new Operation.Flatten();
                case 11 -> new Operation.Subsample(span("step"), span("step"));
                case 12 -> new Operation.PadChannels(span("padding"), span("padding"));
                case 13 -> new Operation.Softmax(from.number("a flag", 0, 1) == 1);
                default -> throw from.refusal(at, "there is no operation " + code);
            };
        }

        private int span(String what) throws TensorFormatException {
            return from.number("a " + what, 0, MOST_SPAN);
        }

        private PoolSpec readPool() throws TensorFormatException {
            int[] spans = new int[6];
            for (int i = 0; i < spans.length; i++) {
                spans[i] = span("size");
            }
            int flags = from.number("the flags of a pool", 0, 3);
            return new PoolSpec(
                    spans[0], spans[1], spans[2], spans[3], spans[4], spans[5], (flags & 1) != 0, (flags & 2) != 0);
        }

        /** Which tensors follow the weight: 1 for a scale, 2 for a bias. */
        private int readExtras() throws TensorFormatException {
            return from.number("a flag", 0, 3);
        }

        private Optional<PackedTensor> readIf(int flag) throws TensorFormatException {
            return flag != 0 ? Optional.of(readTensor()) : Optional.empty();
        }

        private PackedTensor readTensor() throws TensorFormatException {
            int at = from.offset();
            int form = from.octet();
            if (form >>> 4 >= Index.values().length || (form & 15) >= Coding.values().length) {
                throw from.refusal(at, "there is no form " + form);
            }
            Shape shape = readShape();
            if (shape.size() > elementsLeft) {
                throw from.refusal(at, "a tensor " + shape + " is larger than a file of this size may hold");
            }
            elementsLeft -= shape.size();
            int length = from.number("the length of a tensor", 0, Integer.MAX_VALUE);
            int payloadAt = from.offset();
            byte[] payload = from.octets(length);
            Form known = new Form(Index.values()[form >>> 4], Coding.values()[form & 15]);
            return PackedTensor.read(source, shape, known, payload, payloadAt);
        }

        private Shape readShape() throws TensorFormatException {
            int at = from.offset();
            int[] dims = new int[from.number("the number of axes", 0, MOST_AXES)];
            for (int i = 0; i < dims.length; i++) {
                dims[i] = from.number("a size", 1, Integer.MAX_VALUE);
            }
            try {
                return Shape.of(dims);
            } catch (ShapeException e) {
                throw caused(at, e);
            }
        }
    }
}
