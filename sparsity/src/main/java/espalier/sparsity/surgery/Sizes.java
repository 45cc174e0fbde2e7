package espalier.sparsity.surgery;

import espalier.nn.Module;
import espalier.tensor.Shape;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** The sizes that tensors and networks will have when channels have left. */
final class Sizes {
    private final Wiring wiring;
    private final Map<String, Shape> parameters = new LinkedHashMap<>();

    Sizes(Module model, Wiring wiring) {
        this.wiring = wiring;
        model.modules()
                .forEach((path, module) -> module.ownParameters()
                        .forEach((name, parameter) ->
                                parameters.put(path.isEmpty() ? name : path + "." + name, parameter.shape())));
    }

    Size without(Set<Integer> leaving) {
        long count = 0;
        for (Map.Entry<String, Shape> entry : parameters.entrySet()) {
            count += shape(entry.getKey(), entry.getValue(), leaving).size();
        }
        long macs = 0;
        for (Mixer mixer : wiring.mixers.values()) {
            Shape weight = shape(mixer.weight(), mixer.shape(), leaving);
            long places = (long) mixer.operation().shape().size() / mixer.outputs(); // samples and pixels
            macs += places * weight.size();
        }
        return new Size(count, macs);
    }

    private Shape shape(String path, Shape shape, Set<Integer> leaving) {
        int[] dims = shape.toArray();
        wiring.sites.forEach((site, channels) -> {
            if (site.path().equals(path)) {
                dims[site.axis()] -= lost(channels, leaving);
            }
        });
        for (Mixer mixer : wiring.mixers.values()) {
            if (mixer.isGrouped() && mixer.weight().equals(path)) {
                dims[1] -= lost(wiring.axis(mixer.data()).orElseThrow().channels(), leaving) / mixer.groups();
            }
        }
        return Shape.of(dims);
    }

    private static int lost(int[] channels, Set<Integer> leaving) {
        return (int) Arrays.stream(channels).filter(leaving::contains).count();
    }
}
