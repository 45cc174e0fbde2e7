package espalier.autograd;

import static espalier.autograd.GradientCase.mask;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Arithmetic, pointwise functions and activations: equal shapes, every kind of broadcast, odd sizes, views. */
final class ElementwiseCases {
    private final List<GradientCase> cases = new ArrayList<>();

    static List<GradientCase> all() {
        ElementwiseCases all = new ElementwiseCases();
        all.arithmetic();
        all.vectors();
        all.pointwise();
        all.activations();
        return all.cases;
    }

    private void arithmetic() {
        pair("Arithmetic.add(Variable)", Variable::add);
        pair("Arithmetic.sub(Variable)", Variable::sub);
        pair("Arithmetic.mul(Variable)", Variable::mul);
        pair("Arithmetic.div(Variable)", Variable::div);
        pair("Arithmetic.pow(Variable)", Variable::pow);
        pair("Arithmetic.min(Variable)", Variable::min);
        pair("Arithmetic.max(Variable)", Variable::max);
        pair("Arithmetic.where(Tensor, Variable)", (a, b) -> a.where(mask(3), b));
        one("Arithmetic.add(double)", x -> x.add(0.3));
        one("Arithmetic.sub(double)", x -> x.sub(0.3));
        one("Arithmetic.mul(double)", x -> x.mul(-1.7));
        one("Arithmetic.div(double)", x -> x.div(0.7));
        one("Arithmetic.neg()", Variable::neg);
        add("Arithmetic.mul(Variable)", in -> in.get(0).mul(in.get(0)), 3); // one variable, used twice
        product(new int[] {2, 3}, new int[] {3, 5});
        product(new int[] {1, 1}, new int[] {1, 7});
        product(new int[] {4, 2, 3}, new int[] {4, 3, 2});
        product(new int[] {4, 2, 3}, new int[] {3, 2});
        product(new int[] {2, 3}, new int[] {5, 3, 2});
        product(new int[] {2, 1, 2, 3}, new int[] {3, 3, 2});
        product(new int[] {0, 3}, new int[] {3, 2});
        cases.add(GradientCase.of(
                "Arithmetic.matmul(Variable)",
                in -> in.get(0).t().matmul(in.get(1).flip(0)),
                check -> check.input(3, 2).input(3, 5)));
    }

    private void vectors() {
        for (int n : new int[] {0, 1, 5}) {
            cases.add(GradientCase.of(
                    "Arithmetic.dot(Variable)",
                    in -> in.get(0).dot(in.get(1)),
                    check -> check.input(n).input(n)));
            cases.add(GradientCase.of(
                    "Arithmetic.outer(Variable)",
                    in -> in.get(0).outer(in.get(1).flip(0)),
                    check -> check.input(n).input(3)));
        }
        add("Arithmetic.dot(Variable)", in -> in.get(0).dot(in.get(0)), 4);
        add("Arithmetic.outer(Variable)", in -> in.get(0).outer(in.get(0)), 4);
    }

    private void pointwise() {
        positive("Pointwise.pow(double)", x -> x.pow(2.5));
        positive("Pointwise.pow(double)", x -> x.pow(-1));
        one("Pointwise.pow(double)", x -> x.pow(3));
        one("Pointwise.pow(double)", x -> x.pow(0));
        one("Pointwise.square()", Variable::square);
        positive("Pointwise.sqrt()", Variable::sqrt);
        positive("Pointwise.rsqrt()", Variable::rsqrt);
        positive("Pointwise.reciprocal()", Variable::reciprocal);
        one("Pointwise.exp()", Variable::exp);
        positive("Pointwise.log()", Variable::log);
        kinked("Pointwise.abs()", Variable::abs, 0);
        one("Pointwise.erf()", Variable::erf);
        kinked("Pointwise.min(double)", x -> x.min(0.5), 0.5);
        kinked("Pointwise.max(double)", x -> x.max(0.5), 0.5);
        kinked("Pointwise.clamp(double, double)", x -> x.clamp(-1, 0.5), -1, 0.5);
        kinked("Pointwise.softThreshold(double)", x -> x.softThreshold(0.5), -0.5, 0.5);
        threshold();
        threshold(3);
        threshold(2, 1);
        threshold(2, 3);
    }

    /** A weight is from −2 to 2 and a threshold from 0.8 to 1.0, so weights keep away from both. */
    private void threshold(int... dims) {
        cases.add(GradientCase.of(
                "Pointwise.softThreshold(Variable)",
                in -> in.get(0).softThreshold(in.get(1)),
                check -> check.input(2, 3)
                        .avoiding(-0.95, -0.9, -0.85, 0.85, 0.9, 0.95)
                        .input(dims)
                        .between(0.89, 0.91)));
    }

    private void activations() {
        kinked("Activations.relu()", Variable::relu, 0);
        for (int n : new int[] {0, 1, 7}) {
            cases.add(GradientCase.of(
                    "Activations.addRelu(Variable)",
                    in -> in.get(0).addRelu(in.get(1)),
                    check -> check.input(2, n).avoiding(0).input(2, n).between(-0.01, 0.01)));
        }
        add("Activations.addRelu(Variable)", in -> in.get(0).addRelu(in.get(0)), 5); // one variable, used twice
        kinked("Activations.leakyRelu(double)", x -> x.leakyRelu(0.1), 0);
        one("Activations.sigmoid()", Variable::sigmoid);
        one("Activations.tanh()", Variable::tanh);
        one("Activations.gelu()", Variable::gelu);
        one("Activations.silu()", Variable::silu);
        one("Activations.softplus()", Variable::softplus);
    }

    /** Positive values everywhere, so that division and powers have slopes. */
    private void pair(String operation, BinaryOperator<Variable> function) {
        int[][][] shapes = {
            {{2, 3}, {2, 3}},
            {{2, 3}, {3}},
            {{2, 3}, {2, 1}},
            {{1, 3}, {2, 1}},
            {{2, 3}, {}},
            {{1}, {5, 2, 3}},
            {{0, 3}, {3}}
        };
        for (int[][] shape : shapes) {
            cases.add(GradientCase.of(
                    operation,
                    in -> function.apply(in.get(0), in.get(1)),
                    check -> check.input(shape[0])
                            .between(0.5, 2)
                            .input(shape[1])
                            .between(0.5, 2)));
        }
    }

    private void product(int[] left, int[] right) {
        cases.add(GradientCase.of(
                "Arithmetic.matmul(Variable)",
                in -> in.get(0).matmul(in.get(1)),
                check -> check.input(left).input(right)));
    }

    private void one(String operation, UnaryOperator<Variable> function) {
        kinked(operation, function);
    }

    private void kinked(String operation, UnaryOperator<Variable> function, double... kinks) {
        cases.add(GradientCase.of(
                operation,
                in -> function.apply(in.get(0)),
                check -> check.input(7).avoiding(kinks)));
        cases.add(GradientCase.of(
                operation,
                in -> function.apply(in.get(0).t()),
                check -> check.input(3, 5).avoiding(kinks)));
        add(operation, in -> function.apply(in.get(0)), 0);
    }

    private void positive(String operation, UnaryOperator<Variable> function) {
        cases.add(GradientCase.of(
                operation,
                in -> function.apply(in.get(0)),
                check -> check.input(2, 5).between(0.5, 2)));
    }

    private void add(String operation, Function<List<Variable>, Variable> function, int... dims) {
        cases.add(GradientCase.of(operation, function, check -> check.input(dims)));
    }
}
