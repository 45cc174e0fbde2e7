package espalier.autograd.check;

import static espalier.autograd.Edge.edge;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.Edge;
import espalier.autograd.Variable;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The check itself: it passes what is right and says well what is wrong. */
class GradCheckTest {
    private static Variable cube(Variable x, double factor) {
        return Variable.of(
                "cube", x.value().pow(3), edge(x, g -> g.mul(x.value().square()).mul(factor)));
    }

    @Test
    void passesARightGradientAndMeasuresIt() {
        double worst =
                GradCheck.of("cube", in -> cube(in.get(0), 3)).input(2, 3).verify();
        assertTrue(worst < 1e-8, () -> "" + worst);
    }

    @Test
    void namesOperationArgumentIndexAndNumbers() {
        Tensor at = Tensor.of(Device.reference(), new double[] {0, 2}, Shape.of(1, 2));
        GradCheck check = GradCheck.of("cube", in -> cube(in.get(0), 2).sum()).input(at);
        String message = assertThrows(AssertionError.class, check::verify).toString();
        assertTrue(
                message.matches(".*GradCheck: cube, argument 0 \\[1, 2], index \\[0, 1], value 2.0: got 8.0, expected "
                        + "12.0\\d* by central difference \\(step 2.0E-5, tolerance 1.0E-6\\)"),
                message);
    }

    @Test
    void seesThatAnArgumentIsForgotten() {
        GradCheck check = GradCheck.of(
                        "mul",
                        in -> Variable.of(
                                "mul",
                                in.get(0).value().mul(in.get(1).value()),
                                edge(in.get(0), g -> g.mul(in.get(1).value()))))
                .input(3)
                .input(3);
        assertThrows(AssertionError.class, check::verify);
    }

    @Test
    void seesThatAGradientDependsOnWhoElseNeedsOne() {
        GradCheck check = GradCheck.of("mul", in -> {
                    Variable a = in.get(0);
                    Variable b = in.get(1);
                    double wrong = b.needsGradient() ? 1 : 2;
                    List<Edge> edges = new ArrayList<>();
                    edges.add(edge(a, g -> g.mul(b.value()).mul(wrong)));
                    edges.add(edge(b, g -> g.mul(a.value())));
                    return Variable.of("mul", a.value().mul(b.value()), edges.toArray(Edge[]::new));
                })
                .input(3)
                .input(3);
        String message = assertThrows(AssertionError.class, check::verify).getMessage();
        assertEquals("GradCheck: mul, argument 0 [3] gets another gradient when the others need none", message);
    }

    @Test
    void keepsAwayFromKinks() {
        List<double[]> seen = new ArrayList<>();
        GradCheck.of("relu", in -> {
                    seen.add(in.get(0).value().toDoubles());
                    return in.get(0).relu();
                })
                .input(1000)
                .avoiding(0, 1)
                .verify();
        for (double value : seen.getFirst()) {
            assertTrue(Math.abs(value) > 0.049 && Math.abs(value - 1) > 0.049, () -> "" + value);
        }
    }

    @Test
    void distinctValuesAreFarApart() {
        List<double[]> seen = new ArrayList<>();
        GradCheck.of("sort", in -> {
                    seen.add(in.get(0).value().toDoubles());
                    return in.get(0).sort(0, false).values();
                })
                .input(50)
                .distinct()
                .verify();
        double[] sorted = java.util.Arrays.stream(seen.getFirst()).sorted().toArray();
        for (int i = 1; i < sorted.length; i++) {
            assertTrue(sorted[i] - sorted[i - 1] > 0.099);
        }
    }

    @Test
    void twoArgumentsOfOneShapeHaveDifferentValues() {
        List<Tensor> seen = new ArrayList<>();
        GradCheck.of("add", in -> {
                    seen.add(in.get(0).value().sub(in.get(1).value()));
                    return in.get(0).add(in.get(1));
                })
                .input(5)
                .input(5)
                .verify();
        assertEquals(DType.F64, seen.getFirst().dtype());
        assertEquals(5, seen.getFirst().countNonZero().item());
    }

    @Test
    void asksForAnInputFirst() {
        GradCheck check = GradCheck.of("f", in -> in.get(0));
        assertThrows(IllegalStateException.class, () -> check.avoiding(0));
        assertThrows(IllegalStateException.class, check::verify, "a check of nothing would pass");
        var thrown = assertThrows(
                IllegalArgumentException.class, () -> check.input(2).between(2, 1));
        assertEquals("GradCheck: there is nothing between 2.0 and 1.0", thrown.getMessage());
    }
}
