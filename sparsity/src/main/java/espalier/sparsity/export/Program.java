package espalier.sparsity.export;

import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a network computes, as a list of steps: each takes the program's input or what earlier steps made, and the last
 * one makes the result.
 *
 * <p>Shapes are those of one image; a program runs on batches of any size. They are worked out when it is made, so a
 * program that exists fits together.
 */
public final class Program {
    /** The most elements of a value, for one image. */
    static final int LARGEST_VALUE = 1 << 27;

    private final Shape input;
    private final List<Step> steps;
    private final List<Shape> shapes;

    /**
     * A program.
     *
     * @param input shape of one image, such as {@code [1, 28, 28]}
     * @throws ShapeException if a step does not fit its inputs, naming its place
     */
    public Program(Shape input, List<Step> steps) {
        this.input = input;
        this.steps = List.copyOf(steps);
        List<Shape> made = new ArrayList<>();
        made.add(checked(input));
        for (Step step : this.steps) {
            made.add(output(step, made));
        }
        if (steps.isEmpty()) {
            throw new ShapeException("program: there are no steps");
        }
        this.shapes = List.copyOf(made);
    }

    /** What a step makes of the values before it. */
    static Shape output(Step step, List<Shape> before) {
        try {
            List<Shape> inputs = step.inputs().stream()
                    .map(value -> {
                        if (value < 0 || value >= before.size()) {
                            throw new ShapeException(
                                    "value " + value + " is not there yet; there are " + before.size());
                        }
                        return before.get(value);
                    })
                    .toList();
            return checked(step.operation().output(inputs));
        } catch (ShapeException | ArithmeticException e) {
            ShapeException refusal = new ShapeException("program: " + step.place() + ": " + e.getMessage());
            refusal.initCause(e);
            throw refusal;
        }
    }

    private static Shape checked(Shape made) {
        if (made.rank() == 0 || made.size() < 1 || made.size() > LARGEST_VALUE) {
            throw new ShapeException(
                    "a value of shape " + made + " must have from 1 to " + LARGEST_VALUE + " elements");
        }
        return made;
    }

    /** The shape of one image. */
    public Shape input() {
        return input;
    }

    /** The shape of the result for one image. */
    public Shape output() {
        return shapes.getLast();
    }

    /** The steps in order. */
    public List<Step> steps() {
        return steps;
    }

    /** The shape of a value: 0 is the input, i what step i − 1 makes. */
    public Shape shape(int value) {
        return shapes.get(value);
    }

    /** The bytes of all tensors. */
    public long bytes() {
        return steps.stream().mapToLong(Step::bytes).sum();
    }

    /** Multiply-adds of one image with dense weights. */
    public long macs() {
        long macs = 0;
        for (int i = 0; i < steps.size(); i++) {
            macs += steps.get(i).operation().macs(shape(i + 1));
        }
        return macs;
    }

    /** Whether input and steps are the same, tensors by their bytes. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Program that && input.equals(that.input) && steps.equals(that.steps);
    }

    @Override
    public int hashCode() {
        return 31 * input.hashCode() + steps.hashCode();
    }

    /** A line for each step, with the shape it makes. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("0: input " + input);
        for (int i = 0; i < steps.size(); i++) {
            text.append(System.lineSeparator())
                    .append(i + 1)
                    .append(": ")
                    .append(steps.get(i))
                    .append(" → ")
                    .append(shape(i + 1));
        }
        return text.toString();
    }
}
