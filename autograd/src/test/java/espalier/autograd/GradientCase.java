package espalier.autograd;

import espalier.autograd.check.GradCheck;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.function.Function;

/**
 * One operation under one setting, to be compared with central differences.
 *
 * @param operation the method it covers, such as {@code Arithmetic.add(Variable)}
 * @param check ready to verify
 */
record GradientCase(String operation, GradCheck check) {
    static GradientCase of(
            String operation, Function<List<Variable>, Variable> function, Function<GradCheck, GradCheck> inputs) {
        return new GradientCase(operation, inputs.apply(GradCheck.of(operation, function)));
    }

    static Tensor indices(int[] values, int... dims) {
        return Tensor.of(Device.reference(), values, Shape.of(dims));
    }

    static Tensor doubles(double[] values, int... dims) {
        return Tensor.of(Device.reference(), values, Shape.of(dims));
    }

    /** A mask with a fixed pattern. */
    static Tensor mask(int... dims) {
        byte[] bytes = new byte[Shape.of(dims).size()];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i % 3 == 1 ? 1 : 0);
        }
        return Tensor.of(Device.reference(), DType.BOOL, bytes, Shape.of(dims));
    }

    @Override
    public String toString() {
        return operation;
    }
}
