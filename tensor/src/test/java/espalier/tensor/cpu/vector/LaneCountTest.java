package espalier.tensor.cpu.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.tensor.cpu.vector.lanes.Lanes;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The same bits from 8 and from 16 lanes: the kernels are loaded a second time, by a class loader of their own, with
 * the other width. The wider one is emulated where the machine lacks it, so the runs are short.
 */
public class LaneCountTest {
    @Test
    void eightAndSixteenLanesGiveTheSameBits() throws Exception {
        try (URLClassLoader eight = kernels(8);
                URLClassLoader sixteen = kernels(16)) {
            assertEquals(8, lanes(eight));
            assertEquals(16, lanes(sixteen));
            for (int n : new int[] {1, 7, 8, 9, 16, 31, 33, 100, 4200}) {
                assertArrayEquals(results(eight, n), results(sixteen, n), "runs of " + n);
            }
        }
    }

    /** The module's classes, loaded anew with so many lanes. */
    public static URLClassLoader kernels(int lanes) throws Exception {
        URL location = Lanes.class.getProtectionDomain().getCodeSource().getLocation();
        // Without a parent, for the others find the classes that the named module has already.
        var loader = new URLClassLoader(new URL[] {location}, null);
        String before = System.getProperty("espalier.lanes");
        System.setProperty("espalier.lanes", Integer.toString(lanes));
        try {
            Class.forName("espalier.tensor.cpu.vector.lanes.Lanes", true, loader);
        } finally {
            if (before == null) {
                System.clearProperty("espalier.lanes");
            } else {
                System.setProperty("espalier.lanes", before);
            }
        }
        return loader;
    }

    private static int lanes(ClassLoader loader) throws Exception {
        var count = type(loader, "cpu.vector.lanes.Lanes").getDeclaredField("COUNT");
        count.setAccessible(true);
        return count.getInt(null);
    }

    /** The bits of every unary operation, every reduction of a row and of columns on seeded numbers. */
    private static long[] results(ClassLoader loader, int n) throws Exception {
        var random = new Random(n);
        float[] x = new float[n];
        for (int i = 0; i < n; i++) {
            x[i] = 3 * (float) random.nextGaussian();
        }
        Class<?> unaryOp = type(loader, "spi.UnaryOp");
        Class<?> reduceOp = type(loader, "spi.ReduceOp");
        Method unary = method(
                type(loader, "cpu.vector.elementwise.UnaryKernel"),
                unaryOp,
                float[].class,
                int.class,
                float[].class,
                int.class,
                int.class);
        Method row =
                method(type(loader, "cpu.vector.reduce.RowReduction"), reduceOp, float[].class, int.class, int.class);
        Method columns = method(
                type(loader, "cpu.vector.reduce.ColumnReduction"),
                reduceOp,
                float[].class,
                int.class,
                int.class,
                int.class,
                int.class,
                double[].class,
                int.class);
        int width = Math.min(n, 37);
        int rows = n / width;
        int ops = unaryOp.getEnumConstants().length;
        int reductions = reduceOp.getEnumConstants().length;
        long[] bits = new long[ops * n + reductions * (1 + width)];
        int at = 0;
        for (Object op : unaryOp.getEnumConstants()) {
            float[] y = new float[n];
            unary.invoke(null, op, x, 0, y, 0, n);
            for (float value : y) {
                bits[at++] = Float.floatToIntBits(value);
            }
        }
        for (Object op : reduceOp.getEnumConstants()) {
            bits[at++] = Double.doubleToLongBits((double) row.invoke(null, op, x, 0, n));
            double[] so = new double[width];
            columns.invoke(null, op, x, 0, width, rows, width, so, 0);
            for (double value : so) {
                bits[at++] = Double.doubleToLongBits(value);
            }
        }
        return bits;
    }

    private static Class<?> type(ClassLoader loader, String name) throws ClassNotFoundException {
        return Class.forName("espalier.tensor." + name, true, loader);
    }

    private static Method method(Class<?> kernel, Class<?>... parameters) throws NoSuchMethodException {
        Method run = kernel.getDeclaredMethod("run", parameters);
        run.setAccessible(true);
        return run;
    }
}
