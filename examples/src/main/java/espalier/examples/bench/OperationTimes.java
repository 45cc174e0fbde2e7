package espalier.examples.bench;

import espalier.tensor.ConvBatchNorm;
import espalier.tensor.ConvMaxPool;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Where the time of a step goes: a device whose back end notes, for every operation, what it was asked to do and how
 * long that took. What lies between the operations (recording the graph, walking it back, checks) is the rest of the
 * step.
 *
 * <p>It stands in front of the real back end, so nothing else has to know that it is there. Operations that a back end
 * composes of others are charged only with what they do themselves.
 */
final class OperationTimes {
    private final Map<String, Entry> entries = new LinkedHashMap<>();
    private final Deque<Long> inner = new ArrayDeque<>();
    private final Device device;

    /** In front of the back end of a device. */
    OperationTimes(Device real) {
        Backend backend = real.backend();
        Backend watched = (Backend) Proxy.newProxyInstance(
                Backend.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (_, method, arguments) -> timed(backend, method, arguments));
        this.device = new Device(real.name(), watched);
    }

    /** The device that is watched. */
    Device device() {
        return device;
    }

    /** Forgets what was seen so far. */
    void clear() {
        entries.clear();
    }

    private Object timed(Backend backend, Method method, Object[] arguments) throws Throwable {
        inner.push(0L);
        long start = System.nanoTime();
        try {
            return method.invoke(backend, arguments);
        } catch (InvocationTargetException problem) {
            throw problem.getCause();
        } finally {
            long nanos = System.nanoTime() - start;
            long own = nanos - inner.pop();
            if (!inner.isEmpty()) {
                inner.push(inner.pop() + nanos);
            }
            if (arguments != null && method.getReturnType() == void.class) {
                Entry entry = entries.computeIfAbsent(describe(method, arguments), _ -> new Entry());
                entry.calls++;
                entry.nanos += own;
            }
        }
    }

    /** The operation, its kind if it has one, and the shapes of its tensors; {@code ᵛ} marks one that is a view. */
    private static String describe(Method method, Object[] arguments) {
        StringBuilder text = new StringBuilder(method.getName());
        Arrays.stream(arguments).flatMap(OperationTimes::parts).forEach(argument -> {
            if (argument instanceof Enum<?> kind) {
                text.append(' ').append(kind.name().toLowerCase(Locale.ROOT));
            } else if (argument instanceof Tensor tensor) {
                text.append(' ').append(tensor.shape()).append(tensor.layout().isContiguous() ? "" : "ᵛ");
            }
        });
        return text.toString();
    }

    /** The operands of a unit, each by itself; anything else as it is. */
    private static Stream<?> parts(Object argument) {
        return switch (argument) {
            case ConvBatchNorm unit -> Stream.concat(Stream.of(unit.x(), unit.w()), unit.shortcut().stream());
            case ConvMaxPool unit -> Stream.of(unit.x(), unit.w());
            default -> Stream.of(argument);
        };
    }

    /**
     * A line an operation, the dearest first: milliseconds a step, part of the step, calls a step.
     *
     * @param steps steps since {@link #clear}
     * @param seconds how long they took
     */
    List<String> table(int steps, double seconds) {
        List<String> lines = new ArrayList<>();
        double total = seconds * 1e9;
        double seen = 0;
        lines.add(String.format(Locale.ROOT, "%10s %7s %6s  %s", "ms/step", "part", "calls", "operation"));
        List<Map.Entry<String, Entry>> sorted = new ArrayList<>(entries.entrySet());
        sorted.sort((a, b) -> Long.compare(b.getValue().nanos, a.getValue().nanos));
        for (var entry : sorted) {
            seen += entry.getValue().nanos;
            lines.add(line(entry.getValue().nanos, total, steps, entry.getValue().calls, entry.getKey()));
        }
        lines.add(line(total - seen, total, steps, steps, "between operations"));
        lines.add(line(total, total, steps, steps, "a step"));
        return lines;
    }

    private static String line(double nanos, double total, int steps, long calls, String what) {
        return String.format(
                Locale.ROOT,
                "%10.3f %6.1f%% %6.1f  %s",
                nanos / steps * 1e-6,
                100 * nanos / total,
                (double) calls / steps,
                what);
    }

    private static final class Entry {
        private long calls;
        private long nanos;
    }
}
