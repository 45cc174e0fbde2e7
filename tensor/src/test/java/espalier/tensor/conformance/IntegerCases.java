package espalier.tensor.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.BinaryOperator;
import java.util.stream.Stream;

/**
 * Integers at the ends of their range, where a detour over floating numbers would round, saturate or trap: every
 * operation on every pair of extremes, against {@link BigInteger}, whose results are cut to the bits of the type.
 */
final class IntegerCases {
    private static final Set<DType> INTEGERS = EnumSet.of(DType.I64, DType.I32, DType.I8, DType.U8, DType.BOOL);

    private final Device device;
    private final Set<DType> stored;

    private IntegerCases(Device device, Set<DType> stored) {
        this.device = device;
        this.stored = stored;
    }

    static Stream<Case> of(Device device, Limits limits) {
        IntegerCases cases = new IntegerCases(device, limits.stored());
        Set<DType> types = EnumSet.copyOf(INTEGERS);
        types.retainAll(limits.types());
        return types.stream().flatMap(cases::of);
    }

    private Stream<Case> of(DType type) {
        Stream<Case> unary = Arrays.stream(UnaryOp.values())
                .filter(UnaryOp::takesIntegers)
                .map(op -> new Case(op + " of the ends of " + type, () -> unary(op, type)));
        Stream<Case> binary = Arrays.stream(BinaryOp.values())
                .filter(BinaryOp::takesIntegers)
                .map(op -> new Case(op + " of the ends of " + type, () -> binary(op, type)));
        Stream<Case> reductions = Arrays.stream(ReduceOp.values())
                .map(op -> new Case(op + " over the ends of " + type, () -> reduce(op, type)));
        Stream<Case> others = Stream.of(
                new Case("cumsum of the ends of " + type, () -> cumsum(type)),
                new Case("order of the ends of " + type, () -> order(type)),
                new Case("matmul of the ends of " + type, () -> matmul(type)),
                new Case("where of the ends of " + type, () -> where(type)),
                new Case("gather of the ends of " + type, () -> gather(type)),
                new Case("scatterAdd of the ends of " + type, () -> scatterAdd(type)),
                new Case("conversion of the ends of " + type, () -> convert(type)));
        return Stream.of(unary, binary, reductions, others).flatMap(rows -> rows);
    }

    /** The ends, their neighbours, roots of powers of two where products begin to wrap, and small numbers. */
    private static long[] extremes(DType type) {
        return switch (type) {
            case I64 ->
                new long[] {
                    Long.MIN_VALUE,
                    Long.MIN_VALUE + 1,
                    -9007199254740993L,
                    -4294967296L,
                    -7,
                    -2,
                    -1,
                    0,
                    1,
                    2,
                    3,
                    46341,
                    3037000500L,
                    9007199254740993L,
                    Long.MAX_VALUE - 1,
                    Long.MAX_VALUE
                };
            case I32 ->
                new long[] {
                    Integer.MIN_VALUE,
                    Integer.MIN_VALUE + 1,
                    -46341,
                    -7,
                    -2,
                    -1,
                    0,
                    1,
                    2,
                    3,
                    46341,
                    65536,
                    16777217,
                    Integer.MAX_VALUE - 1,
                    Integer.MAX_VALUE
                };
            case I8 -> new long[] {-128, -127, -12, -2, -1, 0, 1, 2, 3, 12, 126, 127};
            case U8 -> new long[] {0, 1, 2, 3, 16, 127, 128, 254, 255};
            case BOOL -> new long[] {0, 1, 1, 0, 1};
            case F64, F32, F16 -> throw new AssertionError(type);
        };
    }

    // ---- between tensors and longs, through bytes alone

    private Tensor tensor(DType type, long[] values, int... dims) {
        ByteBuffer packed = ByteBuffer.allocate(values.length * type.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        for (long value : values) {
            switch (type) {
                case I64 -> packed.putLong(value);
                case I32 -> packed.putInt((int) value);
                case I8, U8, BOOL -> packed.put((byte) value);
                case F64, F32, F16 -> throw new AssertionError(type);
            }
        }
        return Tensor.of(device, type, MemorySegment.ofArray(packed.array()), Shape.of(dims));
    }

    private static long[] values(Tensor x) {
        ByteBuffer packed = ByteBuffer.wrap(x.toBytes()).order(ByteOrder.LITTLE_ENDIAN);
        long[] values = new long[x.size()];
        Arrays.setAll(values, _ -> switch (x.dtype()) {
            case I64 -> packed.getLong();
            case I32 -> packed.getInt();
            case I8, BOOL -> packed.get();
            case U8 -> packed.get() & 0xFF;
            case F64, F32, F16 -> throw new AssertionError(x.dtype());
        });
        return values;
    }

    private static long cut(DType type, BigInteger value) {
        return switch (type) {
            case I64 -> value.longValue();
            case I32 -> value.intValue();
            case I8 -> value.byteValue();
            case U8 -> value.byteValue() & 0xFF;
            case BOOL -> value.signum() == 0 ? 0 : 1;
            case F64, F32, F16 -> throw new AssertionError(type);
        };
    }

    private static void same(String what, long[] expected, Tensor actual) {
        assertArrayEquals(expected, values(actual), what);
    }

    private static BigInteger truth(boolean holds) {
        return holds ? BigInteger.ONE : BigInteger.ZERO;
    }

    // ---- element by element

    private static BigInteger expected(UnaryOp op, BigInteger x) {
        return switch (op) {
            case NEG -> x.negate();
            case ABS -> x.abs();
            case SIGN -> BigInteger.valueOf(x.signum());
            case SQUARE -> x.multiply(x);
            case RELU -> x.max(BigInteger.ZERO);
            case FLOOR, ROUND -> x;
            case NOT -> truth(x.signum() == 0);
            case EXP, LOG, SQRT, RSQRT, RECIPROCAL, SIGMOID, TANH, GELU, SILU, SOFTPLUS, ERF ->
                throw new AssertionError(op);
        };
    }

    private void unary(UnaryOp op, DType type) {
        long[] x = extremes(type);
        DType result = op == UnaryOp.NOT ? DType.BOOL : type;
        long[] expected = Arrays.stream(x)
                .map(value -> cut(result, expected(op, BigInteger.valueOf(value))))
                .toArray();
        Target out = Target.of(device, result, Shape.of(x.length));
        device.backend().unary(op, tensor(type, x, x.length), out.view());
        same(op + " of " + Arrays.toString(x), expected, out.written(op.name()));
    }

    private static BigInteger expected(BinaryOp op, BigInteger a, BigInteger b) {
        int order = a.compareTo(b);
        boolean first = a.signum() != 0;
        boolean second = b.signum() != 0;
        return switch (op) {
            case ADD -> a.add(b);
            case SUB -> a.subtract(b);
            case MUL -> a.multiply(b);
            case DIV -> second ? a.divide(b) : BigInteger.ZERO;
            case POW -> power(a, b);
            case MIN -> a.min(b);
            case MAX -> a.max(b);
            case EQ -> truth(order == 0);
            case NE -> truth(order != 0);
            case LT -> truth(order < 0);
            case LE -> truth(order <= 0);
            case GT -> truth(order > 0);
            case GE -> truth(order >= 0);
            case AND -> truth(first && second);
            case OR -> truth(first || second);
            case XOR -> truth(first != second);
            case SOFT_THRESHOLD -> a.abs().subtract(b).max(BigInteger.ZERO).multiply(BigInteger.valueOf(a.signum()));
            case RELU_GRADIENT -> b.signum() > 0 ? a : BigInteger.ZERO;
            case SIGMOID_GRADIENT, TANH_GRADIENT, GELU_GRADIENT, SILU_GRADIENT -> throw new AssertionError(op);
        };
    }

    /** Modulo 2⁶⁴, since the number itself may have more digits than there is memory. */
    private static BigInteger power(BigInteger a, BigInteger b) {
        if (b.signum() >= 0) {
            return a.modPow(b, BigInteger.TWO.pow(64));
        }
        boolean one = a.abs().equals(BigInteger.ONE);
        return !one ? BigInteger.ZERO : b.testBit(0) ? a : BigInteger.ONE;
    }

    /** Soft thresholds are not negative: |a| − b would need a bit more than I64 has. */
    private static boolean taken(BinaryOp op, DType type, long a, long b) {
        return op != BinaryOp.SOFT_THRESHOLD || type != DType.I64 || (b >= 0 && a != Long.MIN_VALUE);
    }

    private void binary(BinaryOp op, DType type) {
        long[] ends = extremes(type);
        int n = ends.length;
        long[] left = new long[n * n];
        long[] right = new long[n * n];
        long[] expected = new long[n * n];
        DType result = op.isPredicate() ? DType.BOOL : type;
        for (int i = 0; i < n * n; i++) {
            boolean taken = taken(op, type, ends[i / n], ends[i % n]);
            left[i] = taken ? ends[i / n] : 1;
            right[i] = taken ? ends[i % n] : 1;
            expected[i] = cut(result, expected(op, BigInteger.valueOf(left[i]), BigInteger.valueOf(right[i])));
        }
        Tensor a = tensor(type, left, n, n);
        Tensor b = tensor(type, right, n, n);
        Target out = Target.of(device, result, Shape.of(n, n));
        device.backend().binary(op, a, b, out.view());
        same(op + " of all pairs of " + Arrays.toString(ends), expected, out.written(op.name()));
        Target turned = Target.of(device, result, Shape.of(n, n));
        device.backend().binary(op, a.t(), b.t(), turned.view());
        same(op + " of all pairs, transposed", transposed(expected, n), turned.written(op.name()));
    }

    private static long[] transposed(long[] x, int n) {
        long[] turned = new long[x.length];
        Arrays.setAll(turned, i -> x[i % n * n + i / n]);
        return turned;
    }

    private void where(DType type) {
        long[] ends = extremes(type);
        long[] mask = new long[ends.length];
        long[] expected = new long[ends.length];
        for (int i = 0; i < mask.length; i++) {
            mask[i] = i % 2;
            expected[i] = i % 2 == 1 ? ends[i] : ends[ends.length - 1 - i];
        }
        Tensor x = tensor(type, ends, ends.length);
        Target out = Target.of(device, type, x.shape());
        device.backend().where(tensor(DType.BOOL, mask, ends.length), x, x.flip(0), out.view());
        same("where of " + type, expected, out.written("where"));
    }

    // ---- many to one

    private static BinaryOperator<BigInteger> fold(ReduceOp op) {
        return switch (op) {
            case SUM -> BigInteger::add;
            case SUM_OF_SQUARES -> (so, x) -> so.add(x.multiply(x));
            case PROD -> BigInteger::multiply;
            case MIN -> BigInteger::min;
            case MAX -> BigInteger::max;
            case ANY -> (so, x) -> truth(so.signum() != 0 || x.signum() != 0);
            case ALL -> (so, x) -> truth(so.signum() != 0 && x.signum() != 0);
            case COUNT_NONZERO -> (so, x) -> so.add(truth(x.signum() != 0));
        };
    }

    /** Of no elements: the largest and smallest values written out, since {@link DType} is under test. */
    private static BigInteger ofNone(ReduceOp op, DType type) {
        return BigInteger.valueOf(
                switch (op) {
                    case SUM, SUM_OF_SQUARES, ANY, COUNT_NONZERO -> 0;
                    case PROD, ALL -> 1;
                    case MIN ->
                        switch (type) {
                            case I64 -> Long.MAX_VALUE;
                            case I32 -> Integer.MAX_VALUE;
                            case I8 -> 127;
                            case U8 -> 255;
                            case BOOL -> 1;
                            case F64, F32, F16 -> throw new AssertionError(type);
                        };
                    case MAX ->
                        switch (type) {
                            case I64 -> Long.MIN_VALUE;
                            case I32 -> Integer.MIN_VALUE;
                            case I8 -> -128;
                            case U8, BOOL -> 0;
                            case F64, F32, F16 -> throw new AssertionError(type);
                        };
                });
    }

    private static DType summed(DType type) {
        return type.bytes() == 1 ? DType.I32 : type;
    }

    private static DType resultType(ReduceOp op, DType type) {
        return switch (op) {
            case SUM, SUM_OF_SQUARES, PROD -> summed(type);
            case MIN, MAX -> type;
            case ANY, ALL -> DType.BOOL;
            case COUNT_NONZERO -> DType.I32;
        };
    }

    /** Rows that end after 0, 1, 2, … of the extremes, from either end of the list. */
    private void reduce(ReduceOp op, DType type) {
        long[] ends = extremes(type);
        DType result = resultType(op, type);
        for (int length = 0; length <= ends.length; length++) {
            long[] rows = new long[2 * length];
            for (int i = 0; i < length; i++) {
                rows[i] = ends[i];
                rows[length + i] = ends[ends.length - 1 - i];
            }
            long[] expected = new long[2];
            for (int row = 0; row < 2; row++) {
                BigInteger so = ofNone(op, type);
                for (int i = 0; i < length; i++) {
                    so = fold(op).apply(so, BigInteger.valueOf(rows[row * length + i]));
                }
                expected[row] = cut(result, so);
            }
            String what = op + " over rows " + Arrays.toString(rows) + " of " + type;
            Tensor x = tensor(type, rows, 2, length);
            Target last = Target.of(device, result, Shape.of(2, 1));
            device.backend().reduce(op, x, new int[] {1}, last.view());
            same(what, expected, last.written(what));
            Target first = Target.of(device, result, Shape.of(1, 2));
            device.backend().reduce(op, x.t(), new int[] {0}, first.view());
            same(what + ", transposed", expected, first.written(what));
            Target columns = Target.of(device, result, Shape.of(1, 2));
            device.backend().reduce(op, x.t().contiguous(), new int[] {0}, columns.view());
            same(what + ", columns", expected, columns.written(what));
        }
    }

    private void cumsum(DType type) {
        long[] ends = extremes(type);
        long[] expected = new long[ends.length];
        BigInteger sum = BigInteger.ZERO;
        for (int i = 0; i < ends.length; i++) {
            sum = sum.add(BigInteger.valueOf(ends[i]));
            expected[i] = cut(summed(type), sum);
        }
        Target out = Target.of(device, summed(type), Shape.of(ends.length));
        device.backend().cumsum(tensor(type, ends, ends.length), 0, out.view());
        same("cumsum of " + Arrays.toString(ends), expected, out.written("cumsum"));
    }

    /** Neighbours that a double cannot tell apart: sorted, and found as largest and smallest. */
    private void order(DType type) {
        long[] sorted = extremes(type).clone();
        Arrays.sort(sorted);
        int n = sorted.length;
        int step = n % 5 == 0 ? 7 : 5; // has no divisor in common with n
        long[] mixed = new long[n];
        long[] origins = new long[n];
        for (int i = 0; i < n; i++) {
            int place = i * step % n;
            mixed[place] = sorted[i];
            origins[i] = place;
        }
        Tensor x = tensor(type, mixed, n);
        Target up = Target.of(device, type, Shape.of(n));
        Target upFrom = Target.of(device, DType.I32, Shape.of(n));
        device.backend().sort(x, false, up.view(), upFrom.view());
        same("sort of " + Arrays.toString(mixed), sorted, up.written("sort"));
        Target down = Target.of(device, type, Shape.of(n));
        Target downFrom = Target.of(device, DType.I32, Shape.of(n));
        device.backend().sort(x, true, down.view(), downFrom.view());
        same("sort down of " + Arrays.toString(mixed), reversed(sorted), down.written("sort"));
        if (type != DType.BOOL) { // its values repeat
            same("sort, indices", origins, upFrom.written("sort"));
            same("sort down, indices", reversed(origins), downFrom.written("sort"));
            Target largest = Target.of(device, DType.I32, Shape.of(1));
            device.backend().argReduce(true, x, 0, largest.view());
            same("argmax", new long[] {origins[n - 1]}, largest.written("argmax"));
            Target smallest = Target.of(device, DType.I32, Shape.of(1));
            device.backend().argReduce(false, x, 0, smallest.view());
            same("argmin", new long[] {origins[0]}, smallest.written("argmin"));
        }
    }

    private static long[] reversed(long[] x) {
        long[] back = new long[x.length];
        Arrays.setAll(back, i -> x[x.length - 1 - i]);
        return back;
    }

    private void matmul(DType type) {
        long[] ends = extremes(type);
        int n = ends.length;
        long[] right = new long[2 * n];
        for (int i = 0; i < n; i++) {
            right[2 * i] = ends[i];
            right[2 * i + 1] = ends[n - 1 - i];
        }
        long[] expected = new long[2];
        for (int j = 0; j < 2; j++) {
            BigInteger sum = BigInteger.ZERO;
            for (int i = 0; i < n; i++) {
                sum = sum.add(BigInteger.valueOf(ends[i]).multiply(BigInteger.valueOf(right[2 * i + j])));
            }
            expected[j] = cut(type, sum);
        }
        Target out = Target.of(device, type, Shape.of(1, 2));
        device.backend().matmul(tensor(type, ends, 1, n), tensor(type, right, n, 2), out.view());
        same("matmul of " + type, expected, out.written("matmul"));
    }

    private void gather(DType type) {
        long[] ends = extremes(type);
        long[] index = everyThird(ends.length);
        Target out = Target.of(device, type, Shape.of(index.length));
        Tensor chosen = tensor(DType.I32, index, index.length);
        device.backend().gather(tensor(type, ends, ends.length), 0, chosen, out.view());
        long[] expected = Arrays.stream(index).map(i -> ends[(int) i]).toArray();
        same("gather of " + type, expected, out.written("gather"));
    }

    /** Some places are added to twice. */
    private void scatterAdd(DType type) {
        long[] ends = extremes(type);
        int n = ends.length;
        long[] index = everyThird(n);
        long[] added = new long[2 * n];
        BigInteger[] sums = new BigInteger[n];
        Arrays.setAll(sums, i -> BigInteger.valueOf(ends[i]));
        for (int i = 0; i < 2 * n; i++) {
            int place = (int) index[i];
            added[i] = ends[(place + i) % n];
            sums[place] = sums[place].add(BigInteger.valueOf(added[i]));
        }
        Tensor into = tensor(type, ends, n);
        device.backend().scatterAdd(into, 0, tensor(DType.I32, index, 2 * n), tensor(type, added, 2 * n));
        long[] expected = Arrays.stream(sums).mapToLong(sum -> cut(type, sum)).toArray();
        same("scatterAdd of " + type, expected, into);
    }

    private static long[] everyThird(int n) {
        long[] index = new long[2 * n];
        Arrays.setAll(index, i -> i * 3L % n);
        return index;
    }

    /** From integer to integer the low bits stay. */
    private void convert(DType type) {
        long[] ends = extremes(type);
        for (DType to : INTEGERS) {
            if (stored.contains(to)) {
                Target out = Target.of(device, to, Shape.of(ends.length));
                device.backend().copy(tensor(type, ends, ends.length), out.view());
                long[] expected = Arrays.stream(ends)
                        .map(value -> cut(to, BigInteger.valueOf(value)))
                        .toArray();
                same("copy of " + type + " to " + to, expected, out.written("copy"));
            }
        }
    }
}
