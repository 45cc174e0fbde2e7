package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.Geometry;
import espalier.gpu.opencl.KernelName;
import espalier.tensor.DType;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.stream.Collectors;

/**
 * Fusion: elementwise operations that follow each other over one shape wait here, and become one kernel when anything
 * else is to be queued. Each element is then read once, goes through all of them in registers, and is written once;
 * what was given back in the meantime is not written at all. For {@code relu(a + b)·c} the kernel is
 *
 * <pre>
 * const T x0 = LOAD(F32, p0, p0At + i);
 * const T x1 = LOAD(F32, p1, p1At + i);
 * const T v0 = BINARY_ADD(x0, x1);
 * const T v1 = UNARY_RELU(v0);
 * …
 * STORE(F32, p2, p2At + i, v0);
 * </pre>
 *
 * <p>An element depends on no other element. So the result is bit for bit that of one kernel after the other, as long
 * as no operation reads, at another place, what an earlier one of the chain writes, or writes what an earlier one
 * reads; such an operation begins a new chain.
 */
final class Chain {
    private static final int MOST_STEPS = 16;
    private static final int MOST_PLACES = 12; // a kernel on PoCL takes 1024 bytes of arguments
    private static final Set<DType> TYPES = EnumSet.of(DType.F32, DType.BOOL);

    /** Memory as the chain walks over it. */
    private static final class Place {
        private DeviceMemory memory;
        private final DType dtype;
        private final Layout layout;
        private boolean read;
        private int step = -1; // the last that writes here

        private Place(Tensor tensor) {
            memory = DeviceStorage.of(tensor);
            dtype = tensor.dtype();
            layout = tensor.layout();
        }

        private boolean overlaps(Tensor tensor) {
            return memory.isSame(DeviceStorage.of(tensor));
        }

        private boolean is(Tensor tensor) {
            return overlaps(tensor) && dtype == tensor.dtype() && layout.equals(tensor.layout());
        }

        private boolean isWritten() {
            return step >= 0;
        }

        private boolean isWanted() {
            return isWritten() && !memory.isGivenBack();
        }
    }

    /** One operation, as an expression of variables. */
    private record Step(String operation, String expression) {}

    /**
     * What the text of a kernel says of a place: its type, whether it is read, and the step that is stored there or −1.
     */
    private record Use(DType dtype, boolean read, int stored) {
        boolean isNone() {
            return !read && stored < 0;
        }
    }

    /** All that the text of a kernel depends on; that of a chain that came before is not written again. */
    private record Form(List<Step> steps, List<Use> uses, int numbers, boolean flat, int axes, boolean vectors) {}

    /** A kernel, and what it computes, for messages. */
    private record Fused(KernelName kernel, String operation) {}

    private final CommandQueue queue;
    private final boolean byVector;
    private final IntFunction<Geometry> items;
    private final List<Step> steps = new ArrayList<>();
    private final List<Place> places = new ArrayList<>();
    private final List<Object> numbers = new ArrayList<>();
    private final Map<Form, Fused> known = new HashMap<>();
    private Shape shape = Shape.of();

    /**
     * A chain of a queue, which asks for it before it does anything else.
     *
     * @param byVector whether an item has four elements where it can: GPUs are waiting for memory, and so wait less
     *     often
     * @param items the geometry of a launch over so many items
     */
    Chain(CommandQueue queue, boolean byVector, IntFunction<Geometry> items) {
        this.queue = queue;
        this.byVector = byVector;
        this.items = items;
        queue.before(this::flush);
    }

    /** Whether an operation may be part of a chain. */
    static boolean takes(DType computing, Tensor out, Tensor... operands) {
        boolean known = computing == DType.F32 && TYPES.contains(out.dtype()) && out.rank() <= Axes.MOST;
        for (Tensor operand : operands) {
            known &= TYPES.contains(operand.dtype());
        }
        return known;
    }

    /** {@code out = macro(operands, constants)}, later. */
    void add(String operation, String macro, Tensor out, List<Object> constants, Tensor... operands) {
        synchronized (queue) {
            if (!fits(out, operands)) {
                flush();
            }
            shape = out.shape();
            List<String> arguments = new ArrayList<>();
            for (Tensor operand : operands) {
                arguments.add(value(place(operand)));
            }
            for (Object constant : constants) {
                arguments.add("c" + numbers.size());
                numbers.add(constant);
            }
            Place to = place(out);
            to.memory = DeviceStorage.of(out); // perhaps lent again since it was written before
            to.step = steps.size();
            steps.add(new Step(operation, macro + "(" + String.join(", ", arguments) + ")"));
        }
    }

    private boolean fits(Tensor out, Tensor... operands) {
        boolean room = steps.size() < MOST_STEPS && places.size() + operands.length < MOST_PLACES;
        if (steps.isEmpty() || !room || !shape.equals(out.shape())) {
            return steps.isEmpty();
        }
        for (Place place : places) {
            for (Tensor operand : operands) {
                if (place.isWritten() && place.overlaps(operand) && !place.is(operand)) {
                    return false;
                }
            }
            if (place.overlaps(out) && !place.is(out)) {
                return false;
            }
        }
        return true;
    }

    private Place place(Tensor tensor) {
        for (Place place : places) {
            if (place.is(tensor)) {
                return place;
            }
        }
        Place made = new Place(tensor);
        places.add(made);
        return made;
    }

    /** The variable that holds what is at a place now: read from memory, or as an earlier step left it. */
    private String value(Place place) {
        if (!place.isWritten()) {
            place.read = true;
            return "x" + places.indexOf(place);
        }
        String made = "v" + place.step;
        return place.dtype == DType.BOOL ? "(" + made + " != 0 ? (T)1 : (T)0)" : made;
    }

    /** Queues what waits. */
    private void flush() {
        List<Step> todo = List.copyOf(steps);
        List<Place> at = List.copyOf(places);
        List<Object> constants = List.copyOf(numbers);
        steps.clear();
        places.clear();
        numbers.clear();
        List<Use> uses = at.stream()
                .map(place -> new Use(place.dtype, place.read, place.isWanted() ? place.step : -1))
                .toList();
        if (uses.stream().noneMatch(use -> use.stored >= 0)) {
            return;
        }
        Axes axes = Axes.of(shape, at.stream().map(place -> place.layout).toArray(Layout[]::new));
        boolean flat = axes.isFlat();
        boolean vectors = byVector
                && flat
                && shape.size() % 4 == 0
                && at.stream().allMatch(place -> place.layout.offset() % 4 == 0);
        int count = vectors ? shape.size() / 4 : shape.size();
        List<Object> arguments = new ArrayList<>(List.of(count));
        if (!flat) {
            arguments.add(axes.sizes());
        }
        for (int p = 0; p < at.size(); p++) {
            if (!uses.get(p).isNone()) {
                arguments.add(at.get(p).memory);
                arguments.add(at.get(p).layout.offset());
                if (!flat) {
                    arguments.add(axes.strides(p));
                }
            }
        }
        arguments.addAll(constants);
        Form form = new Form(todo, uses, constants.size(), flat, axes.count() > 4 ? 8 : 4, vectors);
        Fused fused = known.computeIfAbsent(form, Chain::write);
        queue.launch(fused.operation, fused.kernel, items.apply(count), arguments.toArray());
    }

    /** Texts written so far. */
    int written() {
        return known.size();
    }

    private static Fused write(Form form) {
        String options = TypeNames.define(DType.F32) + " -DAXES=" + form.axes;
        String operation = form.steps.stream().map(Step::operation).collect(Collectors.joining("+"));
        return new Fused(new KernelName("chain.cl", options, "chain", text(form)), operation);
    }

    private static String text(Form form) {
        StringBuilder head =
                new StringBuilder("kernel void chain(const uint n" + (form.flat ? "" : ", const uint8 size"));
        for (int p = 0; p < form.uses.size(); p++) {
            Use use = form.uses.get(p);
            if (!use.isNone()) {
                head.append(", global TYPE(%s)* p%d, const int p%dAt".formatted(use.dtype, p, p));
                head.append(form.flat ? "" : ", const int8 p%dStride".formatted(p));
            }
        }
        for (int c = 0; c < form.numbers; c++) {
            head.append(", const T c").append(c);
        }
        StringBuilder body = new StringBuilder();
        for (int s = 0; s < form.steps.size(); s++) {
            body.append("const T v%d = %s;".formatted(s, form.steps.get(s).expression))
                    .append(form.vectors ? " " : "\n");
        }
        return head + ") {\nconst uint i = get_global_id(0);\nif (i >= n) return;\n"
                + (form.vectors ? ofVectors(form, body) : ofElements(form, body)) + "}\n";
    }

    private static String ofElements(Form form, CharSequence body) {
        StringBuilder loads = new StringBuilder(form.flat ? "" : "const int8 index = split(i, size);\n");
        StringBuilder stores = new StringBuilder();
        for (int p = 0; p < form.uses.size(); p++) {
            Use use = form.uses.get(p);
            String at = "p%d, p%dAt + ".formatted(p, p) + (form.flat ? "i" : "offset(index, p%dStride)".formatted(p));
            if (use.read) {
                loads.append("const T x%d = LOAD(%s, %s);\n".formatted(p, use.dtype, at));
            }
            if (use.stored >= 0) {
                stores.append("STORE(%s, %s, v%d);\n".formatted(use.dtype, at, use.stored));
            }
        }
        return loads.toString() + body + stores;
    }

    /** The same four times, between loads and stores of four elements: {@code LANE(s)} is one of them. */
    private static String ofVectors(Form form, CharSequence body) {
        StringBuilder loads = new StringBuilder();
        StringBuilder lane = new StringBuilder("#define LANE(s) { ");
        StringBuilder results = new StringBuilder();
        StringBuilder stores = new StringBuilder();
        for (int p = 0; p < form.uses.size(); p++) {
            Use use = form.uses.get(p);
            String vector = "VECTOR(" + use.dtype + ")";
            String at = "(global %s*)(p%d + p%dAt)".formatted(vector, p, p);
            if (use.read) {
                loads.append("const %s from%d = (%s)[i];\n".formatted(vector, p, at));
                lane.append("const T x%d = from%d.s; ".formatted(p, p));
            }
            if (use.stored >= 0) {
                loads.append("%s to%d;\n".formatted(vector, p));
                results.append("to%d.s = v%d%s; ".formatted(p, use.stored, use.dtype == DType.BOOL ? " != 0" : ""));
                stores.append("(%s)[i] = to%d;\n".formatted(at, p));
            }
        }
        return loads.toString() + lane + body + results + "}\nLANE(s0) LANE(s1) LANE(s2) LANE(s3)\n" + stores;
    }
}
