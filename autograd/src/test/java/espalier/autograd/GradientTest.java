package espalier.autograd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.autograd.op.Convolutions;
import espalier.autograd.op.Decompositions;
import espalier.autograd.op.Losses;
import espalier.autograd.op.Normalizations;
import espalier.autograd.op.Poolings;
import espalier.autograd.op.Shrinkage;
import espalier.autograd.op.StraightThrough;
import espalier.tensor.Convolution;
import espalier.tensor.Elementwise;
import espalier.tensor.Indexing;
import espalier.tensor.Linalg;
import espalier.tensor.Normalization;
import espalier.tensor.Pooling;
import espalier.tensor.Products;
import espalier.tensor.Reductions;
import espalier.tensor.Shaping;
import espalier.tensor.Softmax;
import espalier.tensor.Tensor;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every differentiable operation against central differences, and that none was forgotten. */
class GradientTest {
    private static final List<Class<?>> FAMILIES = List.of(
            Arithmetic.class,
            Pointwise.class,
            Activations.class,
            Reducing.class,
            Reshaping.class,
            Selecting.class,
            Convolutions.class,
            Decompositions.class,
            Poolings.class,
            Normalizations.class,
            Losses.class,
            Shrinkage.class,
            StraightThrough.class);

    /** Operations whose gradient is not the slope of their value, on purpose. */
    private static final Set<String> WITHOUT_SLOPE = Set.of(
            "Pointwise.sign()",
            "Pointwise.round()",
            "Pointwise.floor()",
            "StraightThrough.of(String, Variable, UnaryOperator)",
            "StraightThrough.clipped(String, Variable, double, double, UnaryOperator)");

    private static final List<Class<?>> TENSOR_FAMILIES = List.of(
            Elementwise.class,
            Products.class,
            Reductions.class,
            Shaping.class,
            Indexing.class,
            Convolution.class,
            Pooling.class,
            Normalization.class,
            Softmax.class,
            Linalg.class);

    /** What is true or false, a count or an index; the gradients of others; and expand with a name for errors. */
    private static final Set<String> WITHOUT_DERIVATIVE = Set.of(
            "eq",
            "ne",
            "lt",
            "le",
            "gt",
            "ge",
            "and",
            "or",
            "xor",
            "not",
            "any",
            "all", //
            "countNonZero",
            "argmax",
            "argmin",
            "oneHot",
            "stretch", //
            "gradient",
            "inputGradient",
            "weightGradient",
            "biasGradient",
            "maxGradient",
            "averageGradient", //
            "batchNormGradient",
            "batchNormReluGradient",
            "standardizeGradient",
            "crossEntropyGradient");

    static List<GradientCase> cases() {
        return Stream.of(ElementwiseCases.all(), StructureCases.all(), NetworkCases.all())
                .flatMap(List::stream)
                .toList();
    }

    @ParameterizedTest(name = "{index} {0}")
    @MethodSource("cases")
    void gradientIsSlope(GradientCase one) {
        double worst = one.check().verify();
        assertTrue(worst < 1e-6, () -> one + " " + worst);
    }

    @Test
    void everyOperationIsInTheList() {
        Set<String> operations = new TreeSet<>();
        for (Class<?> family : FAMILIES) {
            Arrays.stream(family.getDeclaredMethods())
                    .filter(method -> Modifier.isPublic(method.getModifiers()) && givesVariable(method))
                    .forEach(method -> operations.add(signature(method)));
        }
        Set<String> checked = new TreeSet<>(WITHOUT_SLOPE);
        cases().forEach(one -> checked.add(one.operation()));
        assertEquals(String.join("\n", operations), String.join("\n", checked));
    }

    @Test
    void everyOperationOfTensorHasOneHere() {
        Set<String> here = FAMILIES.stream()
                .flatMap(family -> Arrays.stream(family.getDeclaredMethods()))
                .filter(method -> Modifier.isPublic(method.getModifiers()))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
        Set<String> missing = new TreeSet<>();
        for (Class<?> family : TENSOR_FAMILIES) {
            Arrays.stream(family.getDeclaredMethods())
                    .filter(method -> Modifier.isPublic(method.getModifiers()))
                    .map(Method::getName)
                    .filter(name -> !name.endsWith("InPlace")
                            || name.equals("indexAddInPlace")
                            || name.equals("scatterAddInPlace"))
                    .map(name -> name.replace("InPlace", ""))
                    .filter(name -> !here.contains(name) && !WITHOUT_DERIVATIVE.contains(name))
                    .forEach(name -> missing.add(family.getSimpleName() + "." + name));
        }
        assertEquals(Set.of(), missing);
    }

    private static boolean givesVariable(Method method) {
        Class<?> type = method.getReturnType();
        return type == Variable.class
                || (type.isRecord()
                        && Arrays.stream(type.getRecordComponents()).anyMatch(part -> part.getType() == Variable.class))
                || method.getGenericReturnType().getTypeName().contains(Variable.class.getName());
    }

    private static String signature(Method method) {
        return method.getDeclaringClass().getSimpleName() + "." + method.getName()
                + Arrays.stream(method.getParameterTypes())
                        .map(Class::getSimpleName)
                        .collect(Collectors.joining(", ", "(", ")"));
    }

    @Test
    void operationsWithoutGradientSayTheirName() {
        Variable x = Variable.parameter(Tensor.of(new float[] {1.4f, -0.5f}));
        for (Variable y : List.of(x.sign(), x.round(), x.floor())) {
            String message = assertThrows(
                            UnsupportedOperationException.class, () -> y.sum().backward())
                    .getMessage();
            String op = y.node().orElseThrow().op();
            assertEquals("backward: " + op + " has no gradient; detach its input if none is wanted", message);
        }
        assertTrue(x.detach().round().node().isEmpty());
    }
}
