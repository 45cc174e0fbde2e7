package espalier.autograd.check;

import espalier.autograd.Autograd;
import espalier.autograd.Variable;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * Compares the gradient of a function with what it should be, the slope between two close points: {@code (f(x + h) −
 * f(x − h))/2h}, in double precision on the reference back end.
 *
 * <pre>{@code
 * GradCheck.of("cube", in -> cube(in.get(0))).input(2, 3).verify();
 *
 * GradCheck.of("loss", in -> Losses.huber(in.get(0), in.get(1), 1.0))
 *         .input(4, 3)
 *         .input(4, 3)
 *         .verify();
 * }</pre>
 *
 * <p>A result that is no scalar is multiplied by random numbers and summed, so that every element of it counts. Then
 * are checked: the partial derivative to every element of every argument (of a large argument, to 200 random elements);
 * the slope in a random direction, all arguments moving at once; and that each argument gets the same gradient, bit for
 * bit, when the others need none.
 *
 * <p>Two numbers agree if they differ by at most {@code tolerance·max(1, |a|, |b|)}. The slope itself is wrong by about
 * h² times the third derivative plus 1e-16/h times the value: with the step 1e-5 some 1e-10, so that a tolerance of
 * 1e-6 passes what is right and catches what is not.
 *
 * <p>At a kink, as of relu at 0, there is no slope to compare with: keep away from it with {@link #avoiding}, and from
 * ties of a maximum or a sort with {@link #distinct}.
 */
public final class GradCheck {
    private static final int MOST_ELEMENTS = 200;

    private final String name;
    private final Function<List<Variable>, Variable> function;
    private final List<Sampling> inputs = new ArrayList<>();
    private Device device = Device.reference();
    private DType dtype = DType.F64;
    private double step = 1e-5;
    private double tolerance = 1e-6;
    private long seed = 1;

    private GradCheck(String name, Function<List<Variable>, Variable> function) {
        this.name = name;
        this.function = function;
    }

    /**
     * A check of a function of some variables.
     *
     * @param name for the message when it fails
     * @param function must give the same result each time; all its floating-point constants must be F64 on
     *     {@link Device#reference()}, or what {@link #on} says
     */
    public static GradCheck of(String name, Function<List<Variable>, Variable> function) {
        return new GradCheck(name, function);
    }

    /** One more argument, with random values from −2 to 2. */
    public GradCheck input(int... dims) {
        inputs.add(Sampling.of(Shape.of(dims)));
        return this;
    }

    /** One more argument, with values as given. */
    public GradCheck input(Tensor values) {
        inputs.add(Sampling.of(values));
        return this;
    }

    /** The last argument's random values lie in this range. */
    public GradCheck between(double low, double high) {
        if (!(low <= high)) {
            throw new IllegalArgumentException("GradCheck: there is nothing between " + low + " and " + high);
        }
        return last(input -> input.between(low, high));
    }

    /** The last argument's random values keep 0.05 away from these, where the function has kinks. */
    public GradCheck avoiding(double... kinks) {
        return last(input -> input.avoiding(Arrays.stream(kinks).boxed().toList()));
    }

    /** No two of the last argument's values are closer than 0.1, in whatever range that takes. */
    public GradCheck distinct() {
        return last(Sampling::withDistinct);
    }

    /**
     * Where to compute, and with which type. For F32 a {@link #step} of 1e-2 and a {@link #tolerance} of 1e-2 pass what
     * is right.
     */
    public GradCheck on(Device other, DType type) {
        device = other;
        dtype = type;
        return this;
    }

    private Tensor place(Tensor values) {
        return values.to(dtype).to(device);
    }

    /** The distance h, for a value of size 1; 1e-5 unless said otherwise. Larger values take larger steps. */
    public GradCheck step(double h) {
        step = h;
        return this;
    }

    /** How far two numbers may be apart, as a part of the larger one or of 1; 1e-6 unless said otherwise. */
    public GradCheck tolerance(double part) {
        tolerance = part;
        return this;
    }

    /** Another seed for values, weights and direction; 1 unless said otherwise. */
    public GradCheck seed(long number) {
        seed = number;
        return this;
    }

    private GradCheck last(UnaryOperator<Sampling> change) {
        requireInput();
        inputs.set(inputs.size() - 1, change.apply(inputs.getLast()));
        return this;
    }

    /** A check of nothing would pass. */
    private void requireInput() {
        if (inputs.isEmpty()) {
            throw new IllegalStateException("GradCheck: name an input first");
        }
    }

    /**
     * Makes the comparison.
     *
     * @return the largest difference found, as a part of the larger number or of 1
     * @throws AssertionError naming operation, argument and index, with the number got and the number expected
     */
    public double verify() {
        requireInput();
        RandomSource random = RandomSource.of(seed);
        double[][] at = IntStream.range(0, inputs.size())
                .mapToObj(i -> inputs.get(i).draw(random.split("values " + i)))
                .toArray(double[][]::new);
        double[] weights = weights(random.split("weights"), at);
        double[][] gradients = gradients(at, weights, IntStream.range(0, at.length));
        for (int argument = 0; argument < at.length; argument++) {
            double[] alone = gradients(at, weights, IntStream.of(argument))[argument];
            if (!Arrays.equals(alone, gradients[argument])) {
                throw new AssertionError("GradCheck: " + name + ", argument " + argument + " "
                        + inputs.get(argument).shape() + " gets another gradient when the others need none");
            }
        }
        double worst = 0;
        for (int argument = 0; argument < at.length; argument++) {
            worst = Math.max(worst, perElement(random.split("elements"), argument, at, weights, gradients[argument]));
        }
        return Math.max(worst, inDirection(random.split("direction"), at, weights, gradients));
    }

    private double perElement(RandomSource random, int argument, double[][] at, double[] weights, double[] gradient) {
        double worst = 0;
        int[] order = random.permutation(gradient.length);
        for (int i = 0; i < Math.min(order.length, MOST_ELEMENTS); i++) {
            int element = order[i];
            double h = step * Math.max(1, Math.abs(at[argument][element]));
            double[][] direction = zeros(at);
            direction[argument][element] = 1;
            double slope = slope(at, direction, h, weights);
            worst = Math.max(
                    worst,
                    compare(
                            gradient[element],
                            slope,
                            h,
                            () -> "argument " + argument + " "
                                    + inputs.get(argument).shape() + ", index "
                                    + Arrays.toString(index(inputs.get(argument).shape(), element)) + ", value "
                                    + at[argument][element]));
        }
        return worst;
    }

    private double inDirection(RandomSource random, double[][] at, double[] weights, double[][] gradients) {
        double[][] direction = zeros(at);
        double got = 0;
        for (int argument = 0; argument < at.length; argument++) {
            for (int i = 0; i < at[argument].length; i++) {
                direction[argument][i] = random.nextGaussian();
                got += gradients[argument][i] * direction[argument][i];
            }
        }
        double slope = slope(at, direction, step, weights);
        return compare(got, slope, step, () -> "all arguments moving in a random direction (seed " + seed + ")");
    }

    private double compare(double got, double expected, double h, Supplier<String> where) {
        double error = Math.abs(got - expected) / Math.max(1, Math.max(Math.abs(got), Math.abs(expected)));
        if (!(error <= tolerance)) {
            throw new AssertionError("GradCheck: " + name + ", " + where.get() + ": got " + got + ", expected "
                    + expected + " by central difference (step " + h + ", tolerance " + tolerance + ")");
        }
        return error;
    }

    /** {@code (f(x + h·d) − f(x − h·d))/2h}. */
    private double slope(double[][] at, double[][] direction, double h, double[] weights) {
        return (weighted(moved(at, direction, h), weights) - weighted(moved(at, direction, -h), weights)) / (2 * h);
    }

    private static double[][] moved(double[][] at, double[][] direction, double h) {
        double[][] to = zeros(at);
        for (int argument = 0; argument < at.length; argument++) {
            for (int i = 0; i < at[argument].length; i++) {
                to[argument][i] = at[argument][i] + h * direction[argument][i];
            }
        }
        return to;
    }

    private double weighted(double[][] at, double[] weights) {
        double[] result = result(at).toDoubles();
        double sum = 0;
        for (int i = 0; i < result.length; i++) {
            sum += result[i] * weights[i];
        }
        return sum;
    }

    private Tensor result(double[][] at) {
        List<Variable> constants = IntStream.range(0, at.length)
                .mapToObj(i -> Variable.constant(place(inputs.get(i).tensor(at[i]))))
                .toList();
        return Autograd.withoutGrad(() -> function.apply(constants).value());
    }

    /** A number from 0.5 to 1.5 with either sign for each element of the result; 1 for a scalar. */
    private double[] weights(RandomSource random, double[][] at) {
        double[] weights = new double[result(at).size()];
        Arrays.setAll(weights, i -> (random.nextDouble() + 0.5) * (random.nextInt(2) * 2 - 1));
        return weights.length == 1 ? new double[] {1} : weights;
    }

    /** The gradients of those arguments that need one; zeros for the rest. */
    private double[][] gradients(double[][] at, double[] weights, IntStream needed) {
        boolean[] needs = new boolean[at.length];
        needed.forEach(i -> needs[i] = true);
        List<Variable> variables = IntStream.range(0, at.length)
                .mapToObj(i -> {
                    Tensor value = place(inputs.get(i).tensor(at[i]));
                    return needs[i] ? Variable.parameter(value) : Variable.constant(value);
                })
                .toList();
        Variable result = Autograd.withGrad(() -> function.apply(variables));
        if (result.needsGradient()) {
            result.backward(place(Tensor.of(Device.reference(), weights, result.shape())));
        }
        double[][] gradients = zeros(at);
        for (int i = 0; i < at.length; i++) {
            Optional<Tensor> gradient = variables.get(i).gradient();
            gradients[i] = gradient.map(Tensor::toDoubles).orElse(gradients[i]);
        }
        return gradients;
    }

    private static double[][] zeros(double[][] like) {
        return Arrays.stream(like).map(row -> new double[row.length]).toArray(double[][]::new);
    }

    private static int[] index(Shape shape, int element) {
        int[] index = new int[shape.rank()];
        int rest = element;
        for (int axis = index.length - 1; axis >= 0; axis--) {
            index[axis] = rest % shape.dim(axis);
            rest /= shape.dim(axis);
        }
        return index;
    }
}
