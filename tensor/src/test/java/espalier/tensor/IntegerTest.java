package espalier.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** What {@link DType} promises of integers, by hand at the ends of their range, on both CPU back ends. */
class IntegerTest {
    private static final List<Device> DEVICES = List.of(Device.reference(), Device.cpu());

    private static Tensor i32(Device device, int... values) {
        return Tensor.of(device, values, Shape.of(values.length));
    }

    private static Tensor i64(Device device, long... values) {
        return Tensor.of(device, values, Shape.of(values.length));
    }

    private static Tensor bytes(Device device, DType type, int... values) {
        byte[] packed = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            packed[i] = (byte) values[i];
        }
        return Tensor.of(device, type, packed, Shape.of(values.length));
    }

    private static void values(Tensor actual, long... expected) {
        assertArrayEquals(expected, actual.toLongs());
    }

    @Test
    void wrapAroundAsInJava() {
        for (Device device : DEVICES) {
            Tensor x = i32(device, Integer.MAX_VALUE, Integer.MIN_VALUE, 65536);
            values(x.add(1), -2147483648L, -2147483647, 65537);
            values(x.sub(1), 2147483646, 2147483647, 65535);
            values(x.mul(x), 1, 0, 0); // (2³¹−1)² = 2⁶² − 2³² + 1, 2⁶² and 2³², of which 32 bits stay
            values(x.neg(), -2147483647, -2147483648L, -65536);
            values(x.abs(), 2147483647, -2147483648L, 65536);
            values(x.pow(2), 1, 0, 0);
            values(x.addInPlace(x), -2, 0, 131072);
            Tensor y = i64(device, Long.MAX_VALUE, Long.MIN_VALUE, 3037000500L);
            values(y.add(1), Long.MIN_VALUE, Long.MIN_VALUE + 1, 3037000501L);
            values(y.square(), 1, 0, -9223372036709301616L); // 3037000500² = 9223372037000250000
            values(bytes(device, DType.I8, 127, -128).add(1), -128, -127);
            values(bytes(device, DType.U8, 255, 0).add(1), 0, 1);
            values(bytes(device, DType.U8, 255, 0).sub(1), 254, 255);
        }
    }

    @Test
    void arithmeticOfTruthValues() {
        for (Device device : DEVICES) {
            Tensor a = bytes(device, DType.BOOL, 0, 0, 1, 1);
            Tensor b = bytes(device, DType.BOOL, 0, 1, 0, 1);
            values(a.add(b), 0, 1, 1, 1);
            values(a.sub(b), 0, 1, 1, 0);
            values(a.mul(b), 0, 0, 0, 1);
            values(a.neg(), 0, 0, 1, 1);
            assertEquals(DType.BOOL, a.add(b).dtype());
        }
    }

    /** 2⁵³ + 1 is the first whole number that a double cannot hold. */
    @Test
    void nothingIsRounded() {
        long odd = (1L << 53) + 1;
        for (Device device : DEVICES) {
            Tensor x = i64(device, odd, odd - 1, odd + 1);
            values(x.add(0), odd, odd - 1, odd + 1);
            values(x.eq(x.select(0, 0)), 1, 0, 0);
            values(x.gt(x.select(0, 0)), 0, 0, 1);
            values(x.maxOver(), odd + 1);
            values(x.sum(), 3 * odd);
            values(x.argmin(0), 1);
            values(x.argmax(0), 2);
            values(x.cumsum(0), odd, 2 * odd - 1, 3 * odd);
            values(x.sort(0, false).values(), odd - 1, odd, odd + 1);
            values(x.sort(0, true).indices(), 2, 0, 1);
            values(x.gt(0).where(x, x.neg()), odd, odd - 1, odd + 1);
            values(x.dot(i64(device, 1, 1, 1)), 3 * odd);
            values(x.indexSelect(0, i32(device, 2, 0)), odd + 1, odd);
            values(x.copy().indexAddInPlace(0, i32(device, 0, 0), i64(device, 1, 1)), odd + 2, odd - 1, odd + 1);
            values(Tensor.of(device, new int[] {33554433}, Shape.of(1)).mul(1), 33554433); // odd, beyond a float
        }
    }

    @Test
    void division() {
        for (Device device : DEVICES) {
            values(i32(device, 7, -7, 1, Integer.MIN_VALUE).div(2), 3, -3, 0, -1073741824);
            values(i32(device, 7, -7, 0, Integer.MIN_VALUE).div(0), 0, 0, 0, 0);
            values(i32(device, Integer.MIN_VALUE).div(-1), Integer.MIN_VALUE);
            values(bytes(device, DType.U8, 255).div(2), 127);
            values(i32(device, 1, -1, 2, 0, -1).pow(i32(device, -3, -3, -1, -2, -4)), 1, -1, 0, 0, 1);
            values(i32(device, 3, 0, -2).pow(i32(device, 4, 0, 31)), 81, 1, Integer.MIN_VALUE);
        }
    }

    @Test
    void sumsOfBytesAreI32() {
        for (Device device : DEVICES) {
            Tensor x = bytes(device, DType.U8, 255, 255, 2);
            assertEquals(DType.I32, x.sum().dtype());
            values(x.sum(), 512);
            values(x.prod(), 130050);
            values(x.sumOfSquares(false), 130054);
            values(x.cumsum(0), 255, 510, 512);
            assertEquals(DType.U8, x.maxOver().dtype());
            values(i32(device, Integer.MAX_VALUE, Integer.MAX_VALUE, 5).sum(), 3); // 2³² − 2 + 5
            values(i32(device, 65536, 65536).prod(), 0);
        }
    }

    @Test
    void ofNothing() {
        for (Device device : DEVICES) {
            values(Tensor.zeros(device, DType.I32, Shape.of(0)).maxOver(), Integer.MIN_VALUE);
            values(Tensor.zeros(device, DType.I8, Shape.of(0)).minOver(), 127);
            values(Tensor.zeros(device, DType.U8, Shape.of(0)).minOver(), 255);
            values(Tensor.zeros(device, DType.I64, Shape.of(0)).sum(), 0);
            values(Tensor.zeros(device, DType.BOOL, Shape.of(0)).all(), 1);
        }
    }

    @Test
    void conversion() {
        for (Device device : DEVICES) {
            Tensor x = i64(device, (1L << 32) + 5, -1, 300);
            values(x.to(DType.I32), 5, -1, 300);
            values(x.to(DType.U8), 5, 255, 44);
            values(x.to(DType.I8), 5, -1, 44);
            values(x.to(DType.BOOL), 1, 1, 1);
            Tensor f = Tensor.of(device, new float[] {1e10f, -1e10f, Float.NaN, -2.9f}, Shape.of(4));
            values(f.to(DType.I32), Integer.MAX_VALUE, Integer.MIN_VALUE, 0, -2);
            values(f.to(DType.I64), 10_000_000_000L, -10_000_000_000L, 0, -2);
            // The nearest float of 2⁶² + 2³⁸ + 1 is 2⁶² + 2³⁹; by way of a double it would be 2⁶².
            Tensor tie = i64(device, (1L << 62) + (1L << 38) + 1);
            assertEquals(0x1p62 + 0x1p39, tie.to(DType.F32).item());
        }
    }

    @Test
    void whatMakesFractionsRefusesIntegers() {
        Tensor x = Tensor.of(new int[] {1, 2});
        List<UnaryOperator<Tensor>> operations = List.of(
                Tensor::exp,
                Tensor::log,
                Tensor::sqrt,
                Tensor::rsqrt,
                Tensor::reciprocal,
                Tensor::sigmoid,
                Tensor::tanh,
                Tensor::gelu,
                Tensor::silu,
                Tensor::softplus,
                Tensor::erf,
                Tensor::norm,
                Tensor::mean);
        for (UnaryOperator<Tensor> operation : operations) {
            assertThrows(ShapeException.class, () -> operation.apply(x));
        }
        assertEquals(
                "exp: needs a type with fractions, not I32 [2]; convert it with .to(DType.F32)",
                assertThrows(ShapeException.class, x::exp).getMessage());
    }

    @Test
    void aNumberMustFitTheType() {
        refused(
                "add: 256.0 does not fit U8 [1], which holds 0 to 255; convert it with .to(dtype)",
                () -> Tensor.zeros(Device.cpu(), DType.U8, Shape.of(1)).add(256));
        refused(
                "lt: 3.0E9 does not fit I32 [1], which holds -2147483648 to 2147483647; convert it with .to(dtype)",
                () -> Tensor.of(new int[1]).lt(3e9));
        refused(
                "min: 9.223372036854776E18 does not fit I64 [1], which holds -9223372036854775808 to"
                        + " 9223372036854775807; convert it with .to(dtype)",
                () -> i64(Device.cpu(), 1).min(0x1p63));
        values(i64(Device.cpu(), 1).min(-0x1p63), Long.MIN_VALUE);
    }

    private static void refused(String message, Executable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
    }
}
