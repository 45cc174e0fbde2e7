package espalier.tensor;

import espalier.tensor.spi.Backend;
import espalier.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.function.Function;

/**
 * An array of numbers with any number of axes, on one device.
 *
 * <p>A tensor is a {@link Storage} seen through a {@link Layout}. Views (transpose, narrow, expand, …) share the
 * storage; every other operation makes a new tensor. Values are not changed behind your back: the only methods that
 * write into a tensor end in {@code InPlace}.
 *
 * <pre>{@code
 * Tensor a = Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
 * Tensor b = a.mul(2).add(Tensor.of(new float[] {1, 0, -1}, 3));   // broadcasts over rows
 * float total = (float) b.matmul(a.t()).sum().item();
 * }</pre>
 *
 * <p>The operations stand in the interfaces this class implements, one family each: {@link Elementwise},
 * {@link Reductions}, {@link Shaping}, {@link Indexing}, {@link Products}; those of networks in {@link Convolution},
 * {@link Pooling}, {@link Normalization} and {@link Softmax}.
 */
public final class Tensor implements Elementwise, Reductions, Shaping, Indexing, Products {
    private final Device device;
    private final Storage storage;
    private final Layout layout;
    private final String origin;

    private Tensor(Device device, Storage storage, Layout layout, String origin) {
        this.device = device;
        this.storage = storage;
        this.layout = layout;
        this.origin = origin;
    }

    // ---- creation

    /** A tensor with undefined contents, made by operation {@code op}; it belongs to the open {@link TensorScope}. */
    public static Tensor allocate(String op, Device device, DType dtype, Shape shape) {
        Storage storage = device.backend().allocate(dtype, shape.size());
        TensorScope.adopt(storage);
        return new Tensor(device, storage, Layout.contiguous(shape, storage.start()), op);
    }

    /** Values in row-major order, copied to the default CPU device; without sizes, one axis as long as the array. */
    public static Tensor of(float[] values, int... dims) {
        return of(Device.cpu(), values, shapeFor(values.length, dims));
    }

    /** Integer values (labels, indices) in row-major order, copied to the default CPU device. */
    public static Tensor of(int[] values, int... dims) {
        return of(Device.cpu(), values, shapeFor(values.length, dims));
    }

    /** F32 values in row-major order, copied to a device. */
    public static Tensor of(Device device, float[] values, Shape shape) {
        Tensor made = allocateFor(device, DType.F32, values.length, shape);
        // Not by a memory segment, whose classes would make a cold start some 20 ms longer.
        device.backend().upload(values, made.storage, made.layout.offset());
        return made;
    }

    /** I32 values in row-major order, copied to a device. */
    public static Tensor of(Device device, int[] values, Shape shape) {
        return upload(device, DType.I32, MemorySegment.ofArray(values), values.length, shape);
    }

    /** F64 values in row-major order, copied to a device. */
    public static Tensor of(Device device, double[] values, Shape shape) {
        return upload(device, DType.F64, MemorySegment.ofArray(values), values.length, shape);
    }

    /** I64 values in row-major order, copied to a device. */
    public static Tensor of(Device device, long[] values, Shape shape) {
        return upload(device, DType.I64, MemorySegment.ofArray(values), values.length, shape);
    }

    /** Values of a one-byte type (I8, U8 or BOOL as 0 and 1) in row-major order, copied to a device. */
    public static Tensor of(Device device, DType dtype, byte[] values, Shape shape) {
        if (dtype.bytes() != 1) {
            throw new IllegalArgumentException("of: bytes cannot make a tensor of " + dtype);
        }
        return of(device, dtype, MemorySegment.ofArray(values), shape);
    }

    /** Truth values in row-major order, copied to the default CPU device. */
    public static Tensor of(boolean[] values, int... dims) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return of(Device.cpu(), DType.BOOL, bytes, shapeFor(values.length, dims));
    }

    /** Packed little-endian elements, as a mapped file holds them, copied to a device; BOOL as 0 and 1. */
    public static Tensor of(Device device, DType dtype, MemorySegment packed, Shape shape) {
        if (packed.byteSize() % dtype.bytes() != 0) {
            throw new ShapeException("of: " + packed.byteSize() + " bytes are no whole number of " + dtype
                    + ", which take " + dtype.bytes());
        }
        if (dtype == DType.BOOL) {
            requireTruthValues(packed);
        }
        return upload(device, dtype, packed, packed.byteSize() / dtype.bytes(), shape);
    }

    /** A truth value of 2 would be true and yet differ from true. */
    private static void requireTruthValues(MemorySegment packed) {
        for (long i = 0; i < packed.byteSize(); i++) {
            byte value = packed.get(ValueLayout.JAVA_BYTE, i);
            if ((value & ~1) != 0) {
                throw new IllegalArgumentException("of: truth value " + i + " is " + (value & 0xFF) + ", not 0 or 1");
            }
        }
    }

    private static Tensor upload(Device device, DType dtype, MemorySegment from, long count, Shape shape) {
        Tensor made = allocateFor(device, dtype, count, shape);
        device.backend().upload(from, made.storage, made.layout.offset());
        return made;
    }

    private static Tensor allocateFor(Device device, DType dtype, long count, Shape shape) {
        if (count != shape.size()) {
            throw new ShapeException(
                    "of: " + count + " values for shape " + shape + " (" + count + " ≠ " + shape.size() + ")");
        }
        return allocate("of", device, dtype, shape);
    }

    private static Shape shapeFor(int length, int[] dims) {
        return dims.length == 0 ? Shape.of(length) : Shape.of(dims);
    }

    /** A scalar (no axes) of type F32 on the default CPU device. */
    public static Tensor scalar(float value) {
        return full(value);
    }

    /** F32 zeros on the default CPU device. */
    public static Tensor zeros(int... dims) {
        return full(0, dims);
    }

    /** F32 ones on the default CPU device. */
    public static Tensor ones(int... dims) {
        return full(1, dims);
    }

    /** One F32 value everywhere, on the default CPU device. */
    public static Tensor full(float value, int... dims) {
        return full(Device.cpu(), DType.F32, Shape.of(dims), value);
    }

    /** Zeros. */
    public static Tensor zeros(Device device, DType dtype, Shape shape) {
        return full(device, dtype, shape, 0);
    }

    /** One value everywhere, converted as {@link DType} says. */
    public static Tensor full(Device device, DType dtype, Shape shape, double value) {
        Tensor made = allocate("full", device, dtype, shape);
        device.backend().fill(made, value);
        return made;
    }

    /** Zeros of this tensor's shape, type and device. */
    public Tensor zerosLike() {
        return full(device, dtype(), shape(), 0);
    }

    /** The integers from {@code start} (included) to {@code end} (not), as I32; none if the end comes first. */
    public static Tensor arange(Device device, int start, int end) {
        long count = Math.max(0, (long) end - start);
        if (count > Integer.MAX_VALUE) {
            throw new ShapeException("arange: " + start + " to " + end + " are " + count
                    + " numbers, more than the 2147483647 a tensor holds");
        }
        int[] values = new int[(int) count];
        Arrays.setAll(values, i -> start + i);
        return of(device, values, Shape.of(values.length));
    }

    /** {@code count} evenly spaced F32 values from {@code start} to {@code end}, both included. */
    public static Tensor linspace(Device device, float start, float end, int count) {
        if (count < 0) {
            throw new ShapeException("linspace: a count of " + count + " is negative");
        }
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = count == 1 ? start : (float) (start + (double) i * (end - start) / (count - 1));
        }
        return of(device, values, Shape.of(count));
    }

    /** The identity matrix {@code [n, n]} in F32. */
    public static Tensor eye(Device device, int n) {
        Tensor made = zeros(device, DType.F32, Shape.of(n, n));
        made.view(Layout.strided(Shape.of(n), new int[] {n + 1}, made.layout().offset()))
                .fillInPlace(1);
        return made;
    }

    // ---- what it is

    /** Where it lives. */
    public Device device() {
        return device;
    }

    /** The type of its elements. */
    public DType dtype() {
        return storage.dtype();
    }

    /** The sizes of its axes. */
    public Shape shape() {
        return layout.shape();
    }

    /** Where its elements lie in the storage. */
    public Layout layout() {
        return layout;
    }

    /** Number of axes. */
    public int rank() {
        return shape().rank();
    }

    /** Number of elements. */
    public int size() {
        return shape().size();
    }

    /** Size along an axis; negative axes count from the end. */
    public int dim(int axis) {
        return shape().dim(axis);
    }

    /**
     * The memory behind it.
     *
     * @throws IllegalStateException naming this tensor if its scope has closed
     */
    public Storage storage() {
        if (storage.isReleased()) {
            throw new IllegalStateException("tensor " + dtype() + " " + shape() + " made by " + origin
                    + " was released when its TensorScope closed; move it out with scope.keep(tensor)");
        }
        return storage;
    }

    Backend backend() {
        return device.backend();
    }

    // ---- views, copies and conversions

    /**
     * Another view of the same storage.
     *
     * @throws ShapeException if the layout reaches beyond it
     */
    public Tensor view(Layout other) {
        other.requireInside(storage());
        return new Tensor(device, storage, other, origin);
    }

    /** This tensor if its elements lie in row-major order, else a copy in which they do. */
    public Tensor contiguous() {
        return layout.isContiguous() ? this : copy();
    }

    /** A contiguous copy with memory of its own. */
    public Tensor copy() {
        Tensor out = allocate("copy", device, dtype(), shape());
        backend().copy(this, out);
        return out;
    }

    /** The values as another type, by the rules that stand with {@link DType}. Itself if already so. */
    public Tensor to(DType dtype) {
        if (dtype == dtype()) {
            return this;
        }
        Tensor out = allocate("to", device, dtype, shape());
        backend().copy(this, out);
        return out;
    }

    /** The same values on another device; itself if already there. */
    public Tensor to(Device target) {
        if (target == device) {
            return this;
        }
        return of(target, dtype(), MemorySegment.ofArray(toBytes()), shape());
    }

    // ---- to Java

    /** The values in row-major order; other types are converted. */
    public float[] toFloats() {
        return download(to(DType.F32), new float[size()], MemorySegment::ofArray);
    }

    /** The values in row-major order; other types are converted. */
    public double[] toDoubles() {
        if (dtype() == DType.F64) {
            return download(this, new double[size()], MemorySegment::ofArray);
        }
        return Convert.toDoubles(toBytes(), dtype());
    }

    /** The values in row-major order; other types are converted. */
    public int[] toInts() {
        return download(to(DType.I32), new int[size()], MemorySegment::ofArray);
    }

    /**
     * The values in row-major order; other types are converted. I64 stays exact, which a double is only to
     * 2<sup>53</sup>.
     */
    public long[] toLongs() {
        return download(to(DType.I64), new long[size()], MemorySegment::ofArray);
    }

    /** The elements packed, little-endian and in row-major order. */
    public byte[] toBytes() {
        long bytes = (long) size() * dtype().bytes();
        if (bytes > Integer.MAX_VALUE - 16) {
            throw new ShapeException("toBytes: " + shape() + " of " + dtype() + " takes more than 2 GiB");
        }
        return download(this, new byte[(int) bytes], MemorySegment::ofArray);
    }

    private static <A> A download(Tensor from, A array, Function<A, MemorySegment> segment) {
        Tensor packed = from.contiguous();
        packed.backend().download(packed.storage(), packed.layout.offset(), segment.apply(array));
        return array;
    }

    /**
     * The value of a tensor with one element.
     *
     * @throws ShapeException if there is not exactly one
     */
    public double item() {
        if (size() != 1) {
            throw new ShapeException("item: needs one element, not shape " + shape());
        }
        return toDoubles()[0];
    }

    /** The value at an index, one number an axis. */
    public double get(int... index) {
        Tensor at = this;
        if (index.length != rank()) {
            throw new ShapeException("get: " + index.length + " indices for shape " + shape());
        }
        for (int axis = 0; axis < index.length; axis++) {
            if (index[axis] < 0 || index[axis] >= dim(axis)) {
                throw new ShapeException("get: index " + index[axis] + " is out of range for axis " + axis + " of "
                        + shape() + " (size " + dim(axis) + ")");
            }
            at = at.select(0, index[axis]);
        }
        return at.item();
    }

    // ---- writing

    /** Writes one value everywhere, converted as {@link DType} says. */
    public Tensor fillInPlace(double value) {
        storage();
        backend().fill(this, value);
        return this;
    }

    /** Overwrites this with the values of another tensor, stretched to this shape and converted to this type. */
    public Tensor copyInPlace(Tensor from) {
        requireSameDevice("copyInPlace", from);
        requireWritable("copyInPlace");
        backend().copy(Shaping.stretch("copyInPlace", from, shape()).apartFrom(this), this);
        return this;
    }

    /** This, or a copy if it is another view of the memory that {@code target} is about to overwrite. */
    Tensor apartFrom(Tensor target) {
        return storage() == target.storage && !layout.equals(target.layout) ? copy() : this;
    }

    // ---- checks shared by the operation families

    /** It is alive, and no two of its elements share a place. */
    void requireWritable(String op) {
        storage();
        if (layout.repeats()) {
            throw new ShapeException(op + ": " + shape() + " repeats elements of a smaller tensor (strides "
                    + Arrays.toString(layout.strides()) + "), so it cannot be written; write to a copy() of it");
        }
    }

    /** An integer tensor takes no fraction, nor what its type cannot hold: 0.5 would become 0, and 300 in U8 44. */
    void requireFits(String op, double number) {
        DType type = dtype();
        if (type.isFloating()) {
            return;
        }
        if (number != Math.rint(number)) {
            throw new IllegalArgumentException(op + ": " + number + " is no whole number but the tensor is " + type
                    + " " + shape() + "; convert it with .to(DType.F32)");
        }
        if (number < type.least() || number >= type.most() + 1.0) {
            throw new IllegalArgumentException(op + ": " + number + " does not fit " + type + " " + shape()
                    + ", which holds " + type.least() + " to " + type.most() + "; convert it with .to(dtype)");
        }
    }

    void requireSameDevice(String op, Tensor other) {
        if (other.device != device) {
            throw new ShapeException(
                    op + ": lhs is on " + device + ", rhs on " + other.device + "; move one with .to(device)");
        }
    }

    void requireSameType(String op, Tensor other) {
        requireSameDevice(op, other);
        if (other.dtype() != dtype()) {
            throw new ShapeException(
                    op + ": lhs is " + dtype() + ", rhs " + other.dtype() + "; convert one with .to(dtype)");
        }
    }

    void requireFraction(String op) {
        if (!dtype().isFloating()) {
            throw new ShapeException(op + ": needs a type with fractions, not " + dtype() + " " + shape()
                    + "; convert it with .to(DType.F32)");
        }
    }

    void requireType(String op, DType needed) {
        if (dtype() != needed) {
            throw new ShapeException(op + ": needs " + needed + ", not " + dtype() + " " + shape());
        }
    }

    /** Type, shape and, up to 64 of them, the values. */
    @Override
    public String toString() {
        String head = dtype() + " " + shape() + " on " + device;
        if (storage.isReleased()) {
            return head + " (released)";
        }
        return size() > 64 ? head : head + " " + Arrays.toString(toDoubles());
    }
}
