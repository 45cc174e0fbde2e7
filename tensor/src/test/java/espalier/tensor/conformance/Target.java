package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.Layout;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.Arrays;
import org.opentest4j.AssertionFailedError;

/**
 * Where an operation is to write: a view into a larger storage that is full of a mark, so that an operation which adds
 * to what was there, leaves elements out, or writes beside its target is caught.
 *
 * @param view what is handed to the operation as its output
 * @param whole the storage around it
 */
record Target(Tensor view, Tensor whole) {
    private static final double MARK = 101;

    /** A contiguous output that does not begin at the storage's first element. */
    static Target of(Device device, DType type, Shape shape) {
        return of(device, type, shape, Arrangement.OFFSET);
    }

    /** An output with a layout. */
    static Target of(Device device, DType type, Shape shape, Arrangement arrangement) {
        Layout layout = arrangement.of(shape);
        double[] marks = new double[arrangement.room(shape) + 3];
        Arrays.fill(marks, type == DType.BOOL ? 1 : MARK);
        Tensor whole = Operand.upload(device, type, marks, Shape.of(marks.length));
        return new Target(whole.view(layout), whole);
    }

    /** The output, once it is sure that nothing else was written to. */
    Tensor written(String what) {
        double[] stored = whole.toDoubles();
        boolean[] inside = new boolean[stored.length];
        int[] dims = view.shape().toArray();
        for (int i = 0; i < view.size(); i++) {
            int at = view.layout().offset();
            int rest = i;
            for (int axis = dims.length - 1; axis >= 0; axis--) {
                at += rest % dims[axis] * view.layout().stride(axis);
                rest /= dims[axis];
            }
            inside[at] = true;
        }
        double mark = whole.dtype() == DType.BOOL ? 1 : MARK;
        for (int i = 0; i < stored.length; i++) {
            if (!inside[i] && stored[i] != mark) {
                throw new AssertionFailedError(what + ": wrote " + stored[i] + " beside its output, at " + i);
            }
        }
        return view;
    }
}
