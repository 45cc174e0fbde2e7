package espalier.sparsity.surgery;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.tensor.Tensor;
import java.util.Map;

/** What layers compute with: parameters through their parametrizations, and buffers, by path. */
final class StoredValues {
    private final Map<String, Parameter> parameters;
    private final Map<String, Tensor> state;

    StoredValues(Module model) {
        parameters = model.parameters();
        state = model.state();
    }

    Tensor tensor(String path) {
        Parameter parameter = parameters.get(path);
        Tensor found = parameter != null ? parameter.get().value() : state.get(path);
        if (found == null) {
            throw new IllegalArgumentException("surgery: the model has no " + path);
        }
        return found;
    }

    float[] floats(String path) {
        return tensor(path).toFloats();
    }
}
