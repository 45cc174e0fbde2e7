package espalier.autograd.graph;

import espalier.autograd.Node;
import espalier.autograd.Variable;
import espalier.tensor.Tensor;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What is to be drawn: a box for every variable, and for each the boxes it was made from.
 *
 * @param boxes the result first, each variable once
 * @param inputs for each box the numbers of the boxes it was made from, each once
 */
record Picture(List<Box> boxes, List<List<Integer>> inputs) {
    /** What a box stands for. */
    enum Kind {
        /** The variable that was drawn. */
        RESULT,
        /** What an operation made. */
        OPERATION,
        /** A leaf whose gradient is wanted. */
        PARAMETER,
        /** A leaf whose gradient is not wanted. */
        CONSTANT;

        boolean isLeaf() {
            return this == PARAMETER || this == CONSTANT;
        }
    }

    /**
     * One variable.
     *
     * @param kind decides the colour
     * @param title the operation, or the name of a leaf
     * @param shape as text
     * @param place the layer it was made in; may be empty
     * @param numbers value and gradient, if asked for and few
     */
    record Box(Kind kind, String title, String shape, String place, List<String> numbers) {
        /** The lines below the title. */
        List<String> details() {
            List<String> lines = new ArrayList<>(List.of(shape));
            lines.addAll(numbers);
            return lines;
        }
    }

    /** Walks from the result to the leaves, without recursion. */
    static Picture of(Variable result, Map<Variable, String> names, int mostNumbers) {
        Map<Variable, Integer> places = new IdentityHashMap<>();
        List<Variable> found = new ArrayList<>(List.of(result));
        places.put(result, 0);
        Deque<Variable> open = new ArrayDeque<>(found);
        while (!open.isEmpty()) {
            for (Variable input : inputsOf(open.removeFirst())) {
                if (places.putIfAbsent(input, found.size()) == null) {
                    found.add(input);
                    open.addLast(input);
                }
            }
        }
        List<Box> boxes = new ArrayList<>();
        List<List<Integer>> inputs = new ArrayList<>();
        for (Variable variable : found) {
            boxes.add(box(variable, variable.equals(result), names, mostNumbers));
            inputs.add(List.copyOf(inputsOf(variable).stream()
                    .map(input -> places.getOrDefault(input, 0))
                    .collect(Collectors.toCollection(LinkedHashSet::new))));
        }
        return new Picture(List.copyOf(boxes), List.copyOf(inputs));
    }

    private static List<Variable> inputsOf(Variable variable) {
        return variable.node().map(Node::inputs).orElse(List.of());
    }

    private static Box box(Variable variable, boolean result, Map<Variable, String> names, int mostNumbers) {
        boolean leaf = variable.node().isEmpty();
        Kind kind = leaf
                ? variable.needsGradient() ? Kind.PARAMETER : Kind.CONSTANT
                : result ? Kind.RESULT : Kind.OPERATION;
        String made = variable.node().map(Node::op).orElse(kind == Kind.PARAMETER ? "parameter" : "constant");
        String name = names.getOrDefault(variable, "");
        String title = name.isEmpty() ? made : leaf ? name : name + " = " + made;
        List<String> numbers = new ArrayList<>();
        if (variable.value().size() <= mostNumbers) {
            numbers.add("value " + numbers(variable.value()));
            Optional<Tensor> gradient = variable.gradient();
            gradient.ifPresent(g -> numbers.add("grad  " + numbers(g)));
        }
        String place = variable.node().map(Node::place).orElse("");
        return new Box(kind, title, variable.shape().toString(), place, List.copyOf(numbers));
    }

    private static String numbers(Tensor tensor) {
        StringBuilder text = new StringBuilder();
        for (double value : tensor.toDoubles()) {
            text.append(text.isEmpty() ? "" : ", ").append(number(value));
        }
        return text.toString();
    }

    /** Four significant digits, without zeros at the end. */
    static String number(double value) {
        String text = String.format(Locale.ROOT, "%.4g", value);
        if (text.contains(".") && !text.contains("e")) {
            text = text.replaceAll("0+$", "").replaceAll("\\.$", "");
        }
        return text;
    }

    /** How many boxes were made from each box. */
    int[] uses() {
        int[] uses = new int[boxes.size()];
        for (List<Integer> from : inputs) {
            for (int input : from) {
                uses[input]++;
            }
        }
        return uses;
    }
}
