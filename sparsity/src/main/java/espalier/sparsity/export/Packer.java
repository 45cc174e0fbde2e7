package espalier.sparsity.export;

import espalier.tensor.Shape;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Chooses for each tensor the form that takes the fewest bytes without losing anything, unless it was told which to
 * take.
 *
 * <pre>{@code
 * Packer packer = Packer.smallest().with("fc1.weight", Form.parse("mask+codebook"));
 * PackedTensor weight = packer.pack("fc1.weight", values, Shape.of(500, 800));
 * }</pre>
 */
public final class Packer {
    /** Above this many different values no codebook is tried: its table would be most of it. */
    private static final int MANY = 4096;

    /** With fewer zeros than this leaves, no index pays: a mask takes one bit of the 32 of a float. */
    private static final double MOST_DENSITY = 31.0 / 32;

    private final Map<String, Form> chosen;
    private final Optional<Form> forAll;

    private Packer(Map<String, Form> chosen, Optional<Form> forAll) {
        this.chosen = Map.copyOf(chosen);
        this.forAll = forAll;
    }

    /** Takes the smallest form of each tensor. */
    public static Packer smallest() {
        return new Packer(Map.of(), Optional.empty());
    }

    /** Leaves all tensors as they are: floats, 32 bits each. */
    public static Packer dense() {
        return new Packer(Map.of(), Optional.of(Form.DENSE));
    }

    /** This, but with one form for the tensor of a name, such as {@code fc1.weight}. */
    public Packer with(String name, Form form) {
        Map<String, Form> more = new LinkedHashMap<>(chosen);
        more.put(name, form);
        return new Packer(more, forAll);
    }

    /** The names whose forms are fixed. */
    public Set<String> chosen() {
        return chosen.keySet();
    }

    /**
     * Packs a tensor.
     *
     * @throws IllegalArgumentException if a form was chosen for this name and the values are not of it
     */
    public PackedTensor pack(String name, float[] values, Shape shape) {
        Form form = chosen.get(name);
        if (form != null) {
            return PackedTensor.of(name, values, shape, form);
        }
        return forAll.map(all -> PackedTensor.of(name, values, shape, all))
                .orElseGet(() -> smallest(name, values, shape));
    }

    /** Index and values begin with bytes of their own, so their sizes add up and each is worked out once. */
    private static PackedTensor smallest(String name, float[] values, Shape shape) {
        IndexCode code = PackedTensor.matrix(shape);
        boolean sparse = nonZeros(values) < values.length * MOST_DENSITY;
        boolean few = hasFewValues(values);
        Form best = Form.DENSE;
        long least = 4L * values.length;
        Map<Coding, Long> ofNonZeros = Map.of();
        for (Index index : Index.values()) {
            if (index != Index.EVERY && !sparse) {
                continue;
            }
            Held held = code.held(index, values);
            BitWriter indexBits = new BitWriter();
            code.write(index, held, indexBits);
            Map<Coding, Long> sizes = switch (index) {
                case EVERY, GRID, BLOCKS -> sizes(name, code, held, values, few);
                case MASK -> ofNonZeros = sizes(name, code, held, values, few);
                case ROWS, RUNS, GAPS -> ofNonZeros;
            };
            for (var entry : sizes.entrySet()) {
                if (indexBits.size() + entry.getValue() < least) {
                    least = indexBits.size() + entry.getValue();
                    best = new Form(index, entry.getKey());
                }
            }
        }
        return PackedTensor.of(name, values, shape, best);
    }

    /** The bytes of the values in each coding that can hold them. */
    private static Map<Coding, Long> sizes(String name, IndexCode code, Held held, float[] dense, boolean few) {
        Map<Coding, Long> sizes = new EnumMap<>(Coding.class);
        sizes.put(Coding.F32, 4L * held.count());
        float[] values = held.values(dense);
        for (Coding coding : Coding.values()) {
            boolean shared = coding == Coding.CODEBOOK || coding == Coding.HUFFMAN;
            if (coding == Coding.F32 || shared && !few) {
                continue;
            }
            try {
                BitWriter bits = new BitWriter();
                new ValueCode(name, code.rows(), code.columns(), held).write(coding, values, bits);
                sizes.put(coding, (long) bits.size());
            } catch (IllegalArgumentException notOfThisForm) {
                // such as values that 16 bits cannot hold: the next form, then
            }
        }
        return sizes;
    }

    private static int nonZeros(float[] values) {
        int count = 0;
        for (float value : values) {
            count += value != 0 ? 1 : 0;
        }
        return count;
    }

    private static boolean hasFewValues(float[] values) {
        Set<Float> different = new HashSet<>();
        for (float value : values) {
            different.add(value);
            if (different.size() > MANY) {
                return false;
            }
        }
        return true;
    }

    @Override
    public String toString() {
        return forAll.map(form -> "all " + form).orElse("smallest") + (chosen.isEmpty() ? "" : " but " + chosen);
    }
}
