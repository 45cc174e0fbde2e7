package espalier.sparsity.export;

import espalier.tensor.Shape;
import espalier.tensor.io.TensorFormatException;
import java.util.Arrays;

/**
 * A tensor in the bytes that it takes in a file, and no more: the positions it holds, then their values, as its
 * {@link Form} says.
 *
 * <pre>{@code
 * float[] pruned = {0, 0, 0.5f, 0, 0, -0.5f, 0, 0};
 * PackedTensor packed = PackedTensor.of("fc1.weight", pruned, Shape.of(2, 4), Form.parse("runs+binary"));
 * packed.bytes();      // 10
 * packed.unpack();     // the same floats
 * }</pre>
 *
 * <p>Nothing is lost: {@link #unpack} gives back every float that went in, only that −0.0 may become 0.0. What a form
 * cannot hold is refused. Immutable.
 */
public final class PackedTensor {
    private final Shape shape;
    private final Form form;
    private final byte[] payload;
    private final int held;

    private PackedTensor(Shape shape, Form form, byte[] payload, int held) {
        this.shape = shape;
        this.form = form;
        this.payload = payload;
        this.held = held;
    }

    /**
     * Packs a tensor.
     *
     * @param name what complaints call it
     * @param values row-major
     * @throws IllegalArgumentException if the values are not of this form, saying which and why
     */
    public static PackedTensor of(String name, float[] values, Shape shape, Form form) {
        if (values.length != shape.size()) {
            throw new IllegalArgumentException(
                    "pack: " + name + " " + shape + " has " + shape.size() + " elements, not " + values.length);
        }
        IndexCode index = matrix(shape);
        Held held = index.held(form.index(), values);
        BitWriter to = new BitWriter();
        index.write(form.index(), held, to);
        new ValueCode(name, index.rows(), index.columns(), held).write(form.coding(), held.values(values), to);
        return new PackedTensor(shape, form, to.toBytes(), held.count());
    }

    /** Takes bytes of a file, which may be anything, and checks all of them. */
    static PackedTensor read(String source, Shape shape, Form form, byte[] payload, int offset)
            throws TensorFormatException {
        return new PackedTensor(
                shape,
                form,
                payload,
                parse(source, shape, form, payload, offset).held.count());
    }

    private record Parsed(Held held, float[] values) {}

    private static Parsed parse(String source, Shape shape, Form form, byte[] payload, int offset)
            throws TensorFormatException {
        BitReader from = new BitReader(source, payload, 0, payload.length, offset);
        IndexCode index = matrix(shape);
        Held held = index.read(form.index(), from);
        float[] values = new ValueCode("tensor", index.rows(), index.columns(), held).read(form.coding(), from);
        from.requireEnd("a tensor");
        return new Parsed(held, values);
    }

    /** A row for each output channel; a vector is a column, so that each of its elements is a row. */
    static IndexCode matrix(Shape shape) {
        int rows = shape.rank() == 0 ? 1 : shape.dim(0);
        return new IndexCode(rows, rows == 0 ? 0 : shape.size() / rows);
    }

    /** Its sizes. */
    public Shape shape() {
        return shape;
    }

    /** How it is packed. */
    public Form form() {
        return form;
    }

    /** The bytes it takes, its shape and form not counted. */
    public int bytes() {
        return payload.length;
    }

    /** How many elements it holds; the others are zero. */
    public int held() {
        return held;
    }

    /** The floats, row-major. */
    public float[] unpack() {
        try {
            Parsed parsed = parse("packed tensor", shape, form, payload, 0);
            return parsed.held.dense(parsed.values, shape.size());
        } catch (TensorFormatException e) {
            throw new IllegalStateException("a tensor that was checked cannot be unpacked", e);
        }
    }

    /**
     * The whole numbers of a scaled form that holds every element.
     *
     * @throws IllegalStateException if the form is another
     */
    public int[] wholeNumbers() {
        return codes().numbers();
    }

    /**
     * The scales of a scaled form that holds every element: one, or one for each row.
     *
     * @throws IllegalStateException if the form is another
     */
    public double[] scales() {
        return codes().scales();
    }

    private ScaledCode.Codes codes() {
        if (form.index() != Index.EVERY || form.coding().largest() == 0) {
            throw new IllegalStateException("packed tensor: " + form + " has no whole number for each element");
        }
        IndexCode index = matrix(shape);
        BitReader from = new BitReader("packed tensor", payload, 0, payload.length, 0);
        try {
            return new ScaledCode("tensor", form.coding(), index.rows(), index.columns()).read(shape.size(), from);
        } catch (TensorFormatException e) {
            throw new IllegalStateException("a tensor that was checked cannot be unpacked", e);
        }
    }

    /** A copy of the bytes. */
    byte[] payload() {
        return payload.clone();
    }

    /** Whether shape, form and bytes are the same. */
    @Override
    public boolean equals(Object other) {
        return other instanceof PackedTensor that
                && shape.equals(that.shape)
                && form.equals(that.form)
                && Arrays.equals(payload, that.payload);
    }

    @Override
    public int hashCode() {
        return 31 * shape.hashCode() + Arrays.hashCode(payload);
    }

    @Override
    public String toString() {
        return shape + " " + form + ", " + held + " of " + shape.size() + " elements in " + payload.length + " bytes";
    }
}
