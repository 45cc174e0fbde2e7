package espalier.sparsity.surgery;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.sparsity.graph.Operand;
import espalier.sparsity.graph.Operand.Stored;
import espalier.sparsity.graph.Operation;
import espalier.tensor.Tensor;
import java.util.Map;

/**
 * Takes scale and shift from the batch norm of channels that are constant before it: a filter takes its batch norm
 * along.
 */
final class Silence {
    private final Map<String, Parameter> parameters;
    private final StoredValues values;

    private Silence(Module model) {
        parameters = model.parameters();
        values = new StoredValues(model);
    }

    /** The number of channels that were not zero behind a batch norm, and are now. */
    static int of(Module model, Wiring wiring) {
        Silence silence = new Silence(model);
        Constants constants = Constants.of(wiring, silence.values);
        int silenced = 0;
        for (Operation operation : wiring.network.operations()) {
            if (operation.name().equals("batchNormInference")) {
                silenced +=
                        silence.at(operation, constants.at(operation.operands().getFirst()));
            }
        }
        return silenced;
    }

    private int at(Operation norm, double[] before) {
        Operand scale = norm.operands().get(1);
        Operand shift = norm.operands().get(2);
        return scale instanceof Stored ofScale && shift instanceof Stored ofShift
                ? at(ofScale.path(), ofShift.path(), before)
                : 0;
    }

    private int at(String ofScale, String ofShift, double[] before) {
        float[] scale = values.floats(ofScale);
        float[] shift = values.floats(ofShift);
        int silenced = 0;
        for (int c = 0; c < before.length; c++) {
            if (!Double.isNaN(before[c]) && (scale[c] != 0 || shift[c] != 0)) {
                scale[c] = 0;
                shift[c] = 0;
                silenced++;
            }
        }
        if (silenced > 0) {
            overwrite(ofScale, scale);
            overwrite(ofShift, shift);
        }
        return silenced;
    }

    private void overwrite(String path, float[] all) {
        Parameter parameter = parameters.get(path);
        if (parameter == null) {
            throw new IllegalStateException("surgery: " + path + " is no parameter, so it cannot be made zero");
        }
        parameter.materialize();
        parameter.set(Tensor.of(all));
    }
}
