package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Storage;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Memory: allocation, transfers, copies between layouts and types, filling. */
final class MovementCases {
    private static final List<Arrangement> WRITABLE = List.of(
            Arrangement.CONTIGUOUS,
            Arrangement.OFFSET,
            Arrangement.TRANSPOSED,
            Arrangement.NARROWED,
            Arrangement.STEPPED,
            Arrangement.FLIPPED);

    private final Device device;

    private MovementCases(Device device) {
        this.device = device;
    }

    static Stream<Case> of(Device device, Limits limits) {
        MovementCases cases = new MovementCases(device);
        Stream<Case> copies = limits.stored().stream()
                .flatMap(from -> limits.stored().stream()
                        .map(to -> new Case("copy of " + from + " to " + to, () -> cases.copy(from, to))));
        Stream<Case> fills = limits.stored().stream().map(type -> new Case("fill of " + type, () -> cases.fill(type)));
        Stream<Case> transfers =
                limits.stored().stream().map(type -> new Case("transfer of " + type, () -> cases.transfer(type)));
        Stream<Case> rest = Stream.of(
                new Case("names", cases::names),
                new Case("allocation", () -> limits.stored().forEach(cases::allocate)));
        return Stream.of(copies, fills, transfers, rest).flatMap(rows -> rows);
    }

    private void names() {
        assertFalse(device.backend().name().isBlank());
        assertFalse(device.backend().description().isBlank());
        assertTrue(device.backend().nearBytes() > 0);
        device.backend().flush();
        device.backend().finish();
    }

    private void allocate(DType type) {
        for (int length : Grid.LENGTHS) {
            Storage storage = device.backend().allocate(type, length);
            assertEquals(type, storage.dtype());
            assertEquals(length, storage.length());
            assertFalse(storage.isReleased());
        }
    }

    /** Fractions, and numbers that each of the two types can hold: what does not fit is not promised. */
    private void copy(DType from, DType to) {
        Samples samples = from.isFloating() == to.isFloating() && from != DType.F64 && from != DType.F32
                ? Samples.HARD
                : from == to ? Samples.HARD : to.isFloating() ? Samples.MODERATE : Samples.TAME;
        boolean unsigned = to == DType.U8 || to == DType.BOOL;
        long seed = 1;
        for (Shape shape : Grid.shapes()) {
            for (Arrangement source : Arrangement.values()) {
                for (Arrangement target : WRITABLE) {
                    Samples chosen = unsigned && from != to ? Samples.POSITIVE_TAME : samples;
                    Operand x = Operand.of(device, from, shape, source, chosen, seed++);
                    String what = "copy of " + x.name() + " to " + target + " " + to;
                    Target out = Target.of(device, to, shape, target);
                    device.backend().copy(x.tensor(), out.view());
                    Expect.identical(what, x.values(), plain(out.written(what)));
                }
            }
        }
    }

    /** The elements of a tensor in row-major order, gathered one by one from its storage. */
    private static Tensor plain(Tensor x) {
        if (x.layout().isContiguous()) {
            return x;
        }
        byte[] stored = new byte[x.storage().length() * x.dtype().bytes()];
        x.device().backend().download(x.storage(), 0, MemorySegment.ofArray(stored));
        byte[] packed = new byte[x.size() * x.dtype().bytes()];
        int[] dims = x.shape().toArray();
        for (int i = 0; i < x.size(); i++) {
            int at = x.layout().offset();
            int rest = i;
            for (int axis = dims.length - 1; axis >= 0; axis--) {
                at += rest % dims[axis] * x.layout().stride(axis);
                rest /= dims[axis];
            }
            int bytes = x.dtype().bytes();
            System.arraycopy(stored, at * bytes, packed, i * bytes, bytes);
        }
        return Tensor.of(x.device(), x.dtype(), MemorySegment.ofArray(packed), x.shape());
    }

    private void fill(DType type) {
        double[] values = type.isFloating() ? new double[] {0, -0.0, 1.5, Double.NaN, -3} : new double[] {0, 1, 7};
        for (Shape shape : Grid.shapes()) {
            for (Arrangement target : WRITABLE) {
                for (double value : values) {
                    Target out = Target.of(device, type, shape, target);
                    String what = "fill of " + type + " " + shape + " " + target + " with " + value;
                    device.backend().fill(out.view(), value);
                    double[] expected = new double[shape.size()];
                    Arrays.fill(expected, value);
                    Expect.identical(what, expected, plain(out.written(what)));
                }
            }
        }
    }

    /** Every bit pattern survives, also those that a conversion would change, and also into the middle. */
    private void transfer(DType type) {
        for (int length : Grid.LENGTHS) {
            int bytes = type.bytes();
            byte[] sent = new byte[length * bytes];
            for (int i = 0; i < sent.length; i++) {
                sent[i] = (byte) (type == DType.BOOL ? i % 2 : i * 37 + length);
            }
            byte[] zeros = new byte[(length + 5) * bytes];
            Storage storage = device.backend().allocate(type, length + 5);
            device.backend().upload(MemorySegment.ofArray(zeros), storage, 0);
            device.backend().upload(MemorySegment.ofArray(sent), storage, 3);
            byte[] received = new byte[length * bytes];
            device.backend().download(storage, 3, MemorySegment.ofArray(received));
            assertArrayEquals(sent, received, type + " " + length);
            byte[] around = new byte[(length + 5) * bytes];
            device.backend().download(storage, 0, MemorySegment.ofArray(around));
            System.arraycopy(sent, 0, zeros, 3 * bytes, sent.length);
            assertArrayEquals(zeros, around, type + " " + length + " with its surroundings");
        }
    }
}
