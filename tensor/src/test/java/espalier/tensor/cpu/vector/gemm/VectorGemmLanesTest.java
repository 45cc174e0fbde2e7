package espalier.tensor.cpu.vector.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import espalier.tensor.cpu.GemmCases;
import espalier.tensor.cpu.GemmCases.Case;
import espalier.tensor.cpu.MatrixView;
import espalier.tensor.cpu.Parallel;
import espalier.tensor.cpu.vector.LaneCountTest;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Matrix products with the tiles for 4, 8 and 16 lanes, whatever this machine has. */
class VectorGemmLanesTest {
    private static final List<Case> LARGER = List.of(
            new Case(70, 41, 150, false, false, false, 1),
            new Case(37, 19, 90, true, false, false, 2),
            new Case(35, 50, 83, false, true, false, 3),
            new Case(6, 70, 131, false, false, false, 4),
            new Case(1, 40, 600, false, false, false, 5));

    @Test
    void equalThePlainProduct() throws Exception {
        for (int lanes : new int[] {4, 16}) {
            try (URLClassLoader loader = LaneCountTest.kernels(lanes);
                    var parallel = new Parallel(1)) {
                GemmCases.Product product = productOf(loader);
                Stream.concat(GemmCases.cases(120), LARGER.stream())
                        .forEach(test -> GemmCases.assertExact(product, parallel, test));
            }
        }
    }

    @Test
    void eightAndSixteenLanesGiveTheSameBits() throws Exception {
        try (URLClassLoader eight = LaneCountTest.kernels(8);
                URLClassLoader sixteen = LaneCountTest.kernels(16);
                var parallel = new Parallel(1)) {
            GemmCases.Product narrow = productOf(eight);
            GemmCases.Product wide = productOf(sixteen);
            Stream.concat(GemmCases.cases(60), LARGER.stream())
                    .forEach(test -> assertArrayEquals(
                            GemmCases.result(narrow, parallel, test),
                            GemmCases.result(wide, parallel, test),
                            test.toString()));
        }
    }

    /** {@link VectorGemm#multiply} of another class loader, on one thread. */
    private static GemmCases.Product productOf(ClassLoader loader) throws Exception {
        Class<?> view = loader.loadClass(MatrixView.class.getName());
        Class<?> pool = loader.loadClass(Parallel.class.getName());
        Constructor<?> newView = view.getConstructors()[0];
        Object alone = pool.getConstructor(int.class).newInstance(1);
        Method multiply = loader.loadClass(VectorGemm.class.getName())
                .getDeclaredMethod("multiply", pool, view, view, view, boolean.class);
        multiply.setAccessible(true);
        return (_, a, b, c, accumulate) -> {
            try {
                multiply.invoke(null, alone, copy(newView, a), copy(newView, b), copy(newView, c), accumulate);
            } catch (ReflectiveOperationException e) {
                throw new IllegalStateException(e);
            }
        };
    }

    private static Object copy(Constructor<?> newView, MatrixView view) throws ReflectiveOperationException {
        return newView.newInstance(
                view.values(), view.offset(), view.rows(), view.columns(), view.rowStride(), view.columnStride());
    }
}
