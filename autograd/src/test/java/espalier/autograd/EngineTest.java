package espalier.autograd;

import static espalier.autograd.Edge.edge;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.ShapeException;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The backward pass over graphs of every form. */
class EngineTest {
    private static Variable parameter(float... values) {
        return Variable.parameter(Tensor.of(values));
    }

    private static float[] gradient(Variable x) {
        return x.gradient().orElseThrow().toFloats();
    }

    /** A small expression with every value and slope worked by hand. */
    @Test
    void handWorkedExpression() {
        Variable a = Variable.parameter(Tensor.scalar(-4));
        Variable b = Variable.parameter(Tensor.scalar(2));
        Variable c = a.add(b); // −2
        Variable d = a.mul(b).add(b.pow(3)); // 0
        Variable e = c.sub(d); // −2
        Variable f = e.square(); // 4
        Variable g = f.div(2).add(d.relu().mul(3)); // 2
        assertEquals(2, g.value().item());
        g.backward();
        // dg/de = e = −2; c gets −2, d gets +2 (and nothing through relu at 0).
        // a: −2 + 2·b = 2; b: −2 + 2·(a + 3b²) = −2 + 2·8 = 14.
        assertEquals(2, gradient(a)[0]);
        assertEquals(14, gradient(b)[0]);
    }

    @Test
    void diamondAddsBothPaths() {
        Variable x = parameter(3);
        Variable left = x.mul(2);
        Variable right = x.square();
        left.mul(right).sum().backward(); // 2x³, 6x² = 54
        assertArrayEquals(new float[] {54}, gradient(x));
    }

    @Test
    void diamondOfDiamondsCallsEachNodeOnce() {
        Variable x = parameter(1);
        List<String> calls = new ArrayList<>();
        Variable y = x;
        for (int i = 0; i < 30; i++) { // 2³⁰ paths
            Variable from = y;
            Variable made = Variable.of("step", from.value().mul(1), edge(from, g -> {
                calls.add("step");
                return g.mul(1);
            }));
            y = made.add(made).mul(0.5);
        }
        y.sum().backward();
        assertEquals(30, calls.size());
        assertArrayEquals(new float[] {1}, gradient(x));
    }

    @Test
    void oneVariableUsedTwiceInOneOperation() {
        Variable x = parameter(3, -2);
        x.mul(x).sum().backward();
        assertArrayEquals(new float[] {6, -4}, gradient(x));
    }

    @Test
    void deepChainDoesNotOverflowTheStack() {
        Variable x = parameter(1);
        Variable y = x;
        for (int i = 0; i < 100_000; i++) {
            y = y.add(0.5);
        }
        y.sum().backward();
        assertArrayEquals(new float[] {1}, gradient(x));
    }

    @Test
    void gradientsAddUpOverBackwardPassesUntilCleared() {
        Variable x = parameter(3);
        x.square().sum().backward();
        x.mul(10).sum().backward();
        assertArrayEquals(new float[] {16}, gradient(x));
        x.clearGradient();
        assertTrue(x.gradient().isEmpty());
        x.mul(10).sum().backward();
        assertArrayEquals(new float[] {10}, gradient(x));
    }

    @Test
    void secondPassThroughOneGraphThrowsNamingTheOperation() {
        Variable x = parameter(3);
        Variable y = Autograd.in("features.3", x::square);
        y.sum().backward();
        String message = assertThrows(
                        IllegalStateException.class, () -> y.mul(2).sum().backward())
                .getMessage();
        assertEquals(
                "backward: the graph through square in features.3 was used before; its tensors are gone. "
                        + "Run the forward pass again, or add the losses first",
                message);
    }

    @Test
    void operationWithoutGradientIsNamed() {
        Variable x = parameter(3);
        Variable y = Variable.withoutBackward("lookup", x.value(), x);
        String message = assertThrows(
                        UnsupportedOperationException.class, () -> y.sum().backward())
                .getMessage();
        assertEquals("backward: lookup has no gradient; detach its input if none is wanted", message);
        Variable inLayer = Autograd.in("features.3", x::round);
        assertEquals(
                "backward: round in features.3 has no gradient; detach its input if none is wanted",
                assertThrows(
                                UnsupportedOperationException.class,
                                () -> inLayer.sum().backward())
                        .getMessage());
    }

    @Test
    void detachStopsTheGradient() {
        Variable x = parameter(3);
        x.detach().mul(x).sum().backward();
        assertArrayEquals(new float[] {3}, gradient(x));
    }

    @Test
    void constantsGetNoGradientAndTheirEdgesAreNotWalked() {
        Variable x = parameter(3);
        Variable data = Variable.constant(Tensor.of(new float[] {5}));
        Variable y = Variable.of("op", x.value().mul(data.value()), edge(x, g -> g.mul(data.value())), edge(data, g -> {
            throw new AssertionError("not needed");
        }));
        y.sum().backward();
        assertArrayEquals(new float[] {5}, gradient(x));
        assertTrue(data.gradient().isEmpty());
        assertTrue(data.mul(2).node().isEmpty());
    }

    @Test
    void jointGradientsMayLeaveSomeOut() {
        Variable x = parameter(3);
        Variable y = parameter(4);
        Variable z = Variable.jointly(
                "first", x.value(), List.of(x, y), g -> List.of(Optional.of(g.mul(7)), Optional.empty()));
        z.sum().backward();
        assertArrayEquals(new float[] {7}, gradient(x));
        assertTrue(y.gradient().isEmpty());
    }

    @Test
    void anOperationMayAddWhatOthersGave() {
        Variable x = parameter(3);
        List<Optional<Tensor>> told = new ArrayList<>();
        Variable.AddingBackward seven = (g, addend) -> {
            told.add(addend);
            Tensor own = g.mul(7);
            return List.of(Optional.of(addend.map(own::add).orElse(own)));
        };
        Variable early = Variable.jointly("adding", x.value(), List.of(x), seven);
        early.mul(x.mul(10)).sum().backward(); // 3·10 times 7 through early, 3·10 past it
        assertArrayEquals(new float[] {240}, gradient(x));
        assertArrayEquals(new float[] {30}, told.getFirst().orElseThrow().toFloats());
        Variable alone = parameter(2);
        Variable.jointly("adding", alone.value(), List.of(alone), seven).sum().backward();
        assertArrayEquals(new float[] {7}, gradient(alone));
        assertTrue(told.getLast().isEmpty(), "nobody else had given anything");
        Variable lost = parameter(3);
        Variable.AddingBackward forgets = (g, addend) -> List.of(Optional.empty());
        Variable forgetful = Variable.jointly("forgetful", lost.value(), List.of(lost), forgets);
        assertEquals(
                "backward: forgetful gave its first input no gradient, where it should have added to what others gave;"
                        + " return the addend",
                assertThrows(
                                IllegalStateException.class,
                                () -> forgetful.mul(lost.mul(2)).sum().backward())
                        .getMessage());
    }

    @Test
    void wrongGradientsAreNamed() {
        Variable x = parameter(1, 2, 3);
        Variable wrongShape = Variable.of("op", x.value(), edge(x, g -> Tensor.ones(2, 4)));
        assertEquals(
                "backward: op gave a gradient of shape [2, 4] for an input of shape [3]",
                assertThrows(IllegalStateException.class, () -> wrongShape.sum().backward())
                        .getMessage());
        Variable wrongType = Variable.of("op", x.value(), edge(x, g -> g.to(DType.F64)));
        assertEquals(
                "backward: op gave a gradient of F64 for an input of F32",
                assertThrows(IllegalStateException.class, () -> wrongType.sum().backward())
                        .getMessage());
        Variable misfit =
                Autograd.in("features.3", () -> Variable.of("op", x.value(), edge(x, g -> g.add(Tensor.ones(2)))));
        assertEquals(
                "add: shapes do not broadcast: lhs [3], rhs [2] (3 ≠ 2) in the backward pass of op in features.3",
                assertThrows(ShapeException.class, () -> misfit.sum().backward())
                        .getMessage());
        Variable tooFew = Variable.jointly("op", x.value(), List.of(x), g -> List.of());
        assertEquals(
                "backward: op gave 0 gradients for 1 inputs",
                assertThrows(IllegalStateException.class, () -> tooFew.sum().backward())
                        .getMessage());
    }

    @Test
    void needsAScalarOrAGradient() {
        Variable x = parameter(1, 2);
        assertEquals(
                "backward: needs a scalar, not [2]; take the mean or sum, or pass a gradient",
                assertThrows(IllegalStateException.class, () -> x.mul(2).backward())
                        .getMessage());
        x.mul(2).backward(Tensor.of(new float[] {1, -1}));
        assertArrayEquals(new float[] {2, -2}, gradient(x));
        assertThrows(ShapeException.class, () -> x.mul(2).backward(Tensor.ones(3)));
        assertThrows(
                IllegalStateException.class,
                () -> Variable.constant(x.value()).sum().backward());
    }

    @Test
    void broadcastGradientsAreSummedBack() {
        Variable bias = Variable.parameter(Tensor.of(new float[] {1, 2, 3}, 1, 3, 1));
        Variable x = Variable.constant(Tensor.ones(2, 3, 4));
        x.mul(bias).sum().backward();
        assertEquals(Shape.of(1, 3, 1), bias.gradient().orElseThrow().shape());
        assertArrayEquals(new float[] {8, 8, 8}, gradient(bias));
    }

    @Test
    void gradientsOfLeavesShareNoMemory() {
        Variable a = parameter(1, 2);
        Variable b = parameter(3, 4);
        a.add(b).sum().backward(); // both edges hand on one and the same tensor, a stretched view at that
        a.gradient().orElseThrow().mulInPlace(5);
        assertArrayEquals(new float[] {5, 5}, gradient(a));
        assertArrayEquals(new float[] {1, 1}, gradient(b));

        Variable c = parameter(1, 2);
        Tensor seed = Tensor.of(new float[] {1, 1});
        c.add(0).backward(seed);
        c.gradient().orElseThrow().mulInPlace(5);
        assertArrayEquals(new float[] {1, 1}, seed.toFloats());
        assertNotSame(seed, c.gradient().orElseThrow());
    }

    @Test
    void innerGradientsAreKeptOnRequest() {
        Variable x = parameter(3);
        Variable y = x.square().keepGradient();
        Variable z = y.mul(4);
        z.sum().backward();
        assertArrayEquals(new float[] {4}, gradient(y));
        assertTrue(z.gradient().isEmpty());
        assertArrayEquals(new float[] {24}, gradient(x));
    }

    @Test
    void gradientsWithoutLeavingThem() {
        Variable x = parameter(3);
        Variable unused = parameter(1, 2);
        Variable y = x.square();
        List<Tensor> found = Autograd.gradients(y.mul(x).sum(), List.of(y, unused));
        assertArrayEquals(new float[] {3}, found.get(0).toFloats());
        assertArrayEquals(new float[] {0, 0}, found.get(1).toFloats());
        assertTrue(x.gradient().isEmpty());
    }

    @Test
    void sameGraphSameBits() {
        float[] first = gradientOfSharedSum();
        assertArrayEquals(first, gradientOfSharedSum());
    }

    private static float[] gradientOfSharedSum() {
        Variable x = parameter(0.1f, 0.7f, 1e-7f);
        x.exp().add(x.sigmoid().mul(1e5)).add(x.tanh()).sum().backward();
        return gradient(x);
    }

    @Test
    void onlyFloatingParameters() {
        Tensor labels = Tensor.of(new int[] {1});
        assertEquals(
                "parameter: a tensor of I32 has no gradient",
                assertThrows(IllegalArgumentException.class, () -> Variable.parameter(labels))
                        .getMessage());
    }

    @Test
    void replacedGradientMustFit() {
        Variable x = parameter(1, 2);
        assertEquals(
                "setGradient: gradient [3] for a variable [2]",
                assertThrows(ShapeException.class, () -> x.setGradient(Tensor.ones(3)))
                        .getMessage());
        assertEquals(
                "setGradient: a gradient of I32 for a variable of F32",
                assertThrows(ShapeException.class, () -> x.setGradient(Tensor.of(new int[2])))
                        .getMessage());
        assertEquals(
                "backward: a gradient of F64 for a variable of F32",
                assertThrows(
                                ShapeException.class,
                                () -> x.backward(Tensor.ones(2).to(DType.F64)))
                        .getMessage());
        x.setGradient(Tensor.zeros(2));
        assertArrayEquals(new float[] {0, 0}, gradient(x));
    }

    @Test
    void emptyAndDoublePrecision() {
        Variable empty = Variable.parameter(Tensor.zeros(0, 3));
        empty.square().sum().backward();
        assertEquals(Shape.of(0, 3), empty.gradient().orElseThrow().shape());
        Variable exact = Variable.parameter(Tensor.full(Device.reference(), DType.F64, Shape.scalar(), 1e-9));
        exact.add(1).square().sum().backward();
        assertEquals(2 * (1 + 1e-9), exact.gradient().orElseThrow().item(), 1e-15);
    }

    private static Variable grid() {
        return Variable.parameter(
                Tensor.of(new float[] {1, 2, 3, 4, 5, 6, 7, 8}).reshape(4, 2));
    }

    /** 5·x₃² + x₁·x₃ + Σx, and nothing of x₀ and x₂ besides. */
    private static Variable ofSlices(Variable x, List<Variable> slices) {
        Variable last = slices.get(3);
        return last.square().mul(5).add(slices.get(1).mul(last)).sum().add(x.sum());
    }

    @Test
    void oneTensorTakesTheGradientsOfAllSlices() {
        Variable x = grid();
        List<Variable> slices = x.unstack(0);
        assertEquals(4, slices.size());
        Variable whole = slices.getFirst().node().orElseThrow().inputs().getFirst();
        assertEquals("unstack", whole.node().orElseThrow().op());
        for (Variable slice : slices) {
            assertSame(whole, slice.node().orElseThrow().inputs().getFirst());
            assertSame(x.value().storage(), slice.value().storage());
        }
        ofSlices(x, slices).backward();
        assertArrayEquals(new float[] {1, 1, 8, 9, 1, 1, 74, 85}, gradient(x)); // 10·7 + 3 + 1, 10·8 + 4 + 1
    }

    @Test
    void slicesUsedInACheckpointedBlock() {
        Variable x = grid();
        List<Variable> slices = x.unstack(0);
        Checkpoint.of("block", () -> ofSlices(x, slices)).backward();
        assertArrayEquals(new float[] {1, 1, 8, 9, 1, 1, 74, 85}, gradient(x));
        Variable again = grid();
        Checkpoint.of("block", () -> ofSlices(again, again.unstack(0))).backward();
        assertArrayEquals(new float[] {1, 1, 8, 9, 1, 1, 74, 85}, gradient(again));
    }

    @Test
    void slicesOfOneUnstackAreWalkedInOnePass() {
        Variable x = grid();
        List<Variable> slices = x.unstack(0);
        slices.get(0).sum().backward();
        Variable second = slices.get(1).sum();
        assertEquals(
                "backward: the graph through unstack was used before; its tensors are gone. "
                        + "Run the forward pass again, or add the losses first",
                assertThrows(IllegalStateException.class, second::backward).getMessage());
        assertArrayEquals(new float[] {1, 1, 0, 0, 0, 0, 0, 0}, gradient(x));
    }

    @Test
    void slicesOfAConstantAreConstants() {
        for (Variable slice : grid().detach().unstack(1)) {
            assertTrue(slice.node().isEmpty());
        }
    }
}
