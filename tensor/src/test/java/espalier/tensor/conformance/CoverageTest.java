package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.PackedKernel;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.UnaryOp;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Whether the suite leaves an operation out: it fails when one is added to the interface and no row to the suite. */
class CoverageTest {
    @Test
    void everyMethodAndEveryConstantHasARow() throws Throwable {
        Recorder recorder = new Recorder();
        Device device = recorder.beside(Device.reference());
        for (Case row : BackendConformance.all(device, new Limits()).toList()) {
            try {
                row.body().execute();
            } catch (AssertionError expected) {
                // A back end that does nothing fails; what counts is that it was asked.
            }
        }
        assertEquals(Set.of(), missing(recorder.calls()), "operations of Backend without a row in the suite");
        assertEquals(Set.of(), missingTypes(recorder.calls()), "operations without a row for a type");
    }

    @Test
    void aMissingRowIsSeen() {
        assertEquals(operations(), missing(Set.of()));
        assertTrue(missingTypes(Set.of()).containsAll(Set.of("unary UnaryOp.ABS of I64", "sort of U8", "copy of F16")));
    }

    /** Operations of the core with a type that has no row. */
    private static Set<String> missingTypes(Set<String> calls) {
        Set<String> missing = new TreeSet<>();
        for (DType type : DType.values()) {
            Set<String> needed = new TreeSet<>(Set.of("copy", "fill"));
            if (type != DType.F16) { // which is only stored
                needed.addAll(Set.of("where", "gather", "scatterAdd", "cumsum", "sort", "argReduce", "matmul"));
                Stream.of(UnaryOp.values())
                        .filter(op -> type.isFloating() || op.takesIntegers())
                        .forEach(op -> needed.add("unary UnaryOp." + op));
                Stream.of(BinaryOp.values())
                        .filter(op -> type.isFloating() || op.takesIntegers())
                        .forEach(op -> needed.add("binary BinaryOp." + op));
                Stream.of(ReduceOp.values()).forEach(op -> needed.add("reduce ReduceOp." + op));
            }
            needed.stream().map(operation -> operation + " of " + type).forEach(missing::add);
        }
        missing.removeAll(Set.of("argReduce of BOOL")); // which of many equals is the largest says little
        missing.removeAll(calls);
        return missing;
    }

    static Set<String> missing(Set<String> calls) {
        Set<String> missing = operations();
        missing.removeAll(calls);
        return missing;
    }

    private static Set<String> operations() {
        Set<String> operations = new TreeSet<>();
        Stream.of(Backend.class, PackedKernel.class)
                .flatMap(type -> Arrays.stream(type.getDeclaredMethods()))
                .filter(method -> !method.isSynthetic())
                .forEach(method -> operations.add(Recorder.signature(method)));
        operations.removeAll(Set.of("peak()", "tune()")); // measure the device, and compute nothing
        for (UnaryOp op : UnaryOp.values()) {
            operations.add("unary UnaryOp." + op.name());
        }
        for (BinaryOp op : BinaryOp.values()) {
            operations.add("binary BinaryOp." + op.name());
        }
        for (ReduceOp op : ReduceOp.values()) {
            operations.add("reduce ReduceOp." + op.name());
        }
        return operations;
    }
}
