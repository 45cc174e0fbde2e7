package espalier.sparsity.surgery;

import espalier.nn.Module;
import espalier.nn.Parameter;
import espalier.nn.Parametrization;
import espalier.nn.layer.BatchNorm;
import espalier.nn.layer.Conv2d;
import espalier.nn.optim.Optimizer;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The cut itself. First all smaller tensors are made, then they are put in place, and each step says how it is undone,
 * so that a network is cut as a whole or not at all.
 */
final class Incision {
    private final Module model;
    private final Plan plan;
    private final Wiring wiring;
    private final List<Runnable> baking = new ArrayList<>();
    private final List<Runnable> steps = new ArrayList<>();
    private final List<Runnable> undo = new ArrayList<>();
    private Runnable resumeAtEnd = () -> {};

    private Incision(Module model, Plan plan) {
        this.model = model;
        this.plan = plan;
        this.wiring = plan.wiring;
    }

    /** Prepares a cut. */
    static Incision of(Module model, Plan plan, Optional<Optimizer<?>> optimizer) {
        Incision incision = new Incision(model, plan);
        optimizer.ifPresent(incision::optimizer);
        model.modules().forEach(incision::module);
        incision.sizes();
        return incision;
    }

    void make() {
        baking.forEach(Runnable::run); // before any, for one parameter's value may depend on another's
        steps.forEach(Runnable::run);
    }

    void undo() {
        undo.reversed().forEach(Runnable::run);
    }

    private void module(String path, Module module) {
        module.ownParameters().forEach((name, parameter) -> parameter(join(path, name), parameter));
        if (module instanceof BatchNorm norm) {
            Tensor mean = norm.mean();
            Tensor variance = norm.variance();
            Tensor newMean = smaller(join(path, "mean"), folded(join(path, "mean"), mean));
            Tensor newVariance = smaller(join(path, "variance"), variance);
            steps.add(() -> norm.replaceStatistics(newMean, newVariance));
            undo.add(() -> norm.replaceStatistics(mean, variance));
        }
    }

    private static String join(String path, String name) {
        return path.isEmpty() ? name : path + "." + name;
    }

    /** What stands in front of a parameter is baked in, for a mask or threshold of the old shape would not fit. */
    private void parameter(String path, Parameter parameter) {
        Tensor raw = parameter.raw().value();
        Optional<Parametrization> parametrization = parameter.parametrization();
        Tensor value = smaller(path, folded(path, parameter.get().value()));
        baking.add(parameter::materialize);
        steps.add(() -> parameter.replace(value));
        undo.add(() -> {
            parameter.replace(raw);
            parametrization.ifPresent(parameter::parametrize);
        });
    }

    private Tensor folded(String path, Tensor value) {
        double[] added = plan.folds.get(path);
        if (added == null) {
            return value;
        }
        float[] sum = value.toFloats();
        for (int i = 0; i < sum.length; i++) {
            sum[i] = (float) (sum[i] + added[i]);
        }
        return Tensor.of(value.device(), sum, value.shape());
    }

    private void optimizer(Optimizer<?> optimizer) {
        Map<Parameter, String> paths = new IdentityHashMap<>();
        model.parameters().forEach((path, parameter) -> paths.put(parameter, path));
        Map<String, Tensor> before = new LinkedHashMap<>(optimizer.state());
        Map<String, Tensor> after = new LinkedHashMap<>();
        before.forEach((key, value) -> {
            String own = key.substring(key.indexOf('.') + 1);
            Parameter parameter = Objects.requireNonNull(optimizer.parameters().get(own));
            after.put(key, smaller(paths.getOrDefault(parameter, ""), value));
        });
        long taken = optimizer.steps();
        undo.add(() -> optimizer.resume(before, taken)); // first in, so undone last: when the parameters are back
        resumeAtEnd = () -> optimizer.resume(after, taken);
    }

    /** Layers that hold a number of channels besides their tensors' shapes. */
    private void sizes() {
        for (Mixer mixer : wiring.mixers.values()) {
            if (mixer.isDepthwise() && model.modules().get(mixer.operation().place()) instanceof Conv2d conv) {
                int groups = kept(channels(mixer)).length;
                steps.add(() -> conv.regroup(groups));
                undo.add(() -> conv.regroup(mixer.groups()));
            }
        }
        for (Wiring.Padding padding : wiring.paddings) {
            int before = kept(padding.before()).length;
            int out = before + kept(padding.inside()).length + kept(padding.after()).length;
            int all = padding.before().length + padding.inside().length + padding.after().length;
            steps.add(() -> padding.shortcut().resize(out, before));
            undo.add(() -> padding.shortcut().resize(all, padding.before().length));
        }
        steps.add(resumeAtEnd);
    }

    private int[] channels(Mixer mixer) {
        return wiring.axis(mixer.data()).orElseThrow().channels();
    }

    /** The indices of the channels that stay. */
    private int[] kept(int[] channels) {
        Set<Integer> leaving = plan.leaving;
        return IntStream.range(0, channels.length)
                .filter(i -> !leaving.contains(channels[i]))
                .toArray();
    }

    /** A tensor of a parameter's shape without the channels that leave: the parameter, or a momentum of it. A copy. */
    private Tensor smaller(String path, Tensor value) {
        Tensor result = value;
        for (Mixer mixer : wiring.mixers.values()) {
            if (mixer.isGrouped() && mixer.weight().equals(path)) {
                result = withinGroups(mixer, result);
            }
        }
        for (Map.Entry<Site, int[]> entry : wiring.sites.entrySet()) {
            int[] kept = kept(entry.getValue());
            boolean here = entry.getKey().path().equals(path);
            if (here && kept.length < entry.getValue().length) {
                Tensor index = Tensor.of(value.device(), kept, Shape.of(kept.length));
                result = result.indexSelect(entry.getKey().axis(), index);
            }
        }
        return result.copy();
    }

    /** Of a grouped convolution every group of filters reads inputs of its own, so each loses others. */
    private Tensor withinGroups(Mixer mixer, Tensor value) {
        int[] in = channels(mixer);
        int inEach = mixer.inputs() / mixer.groups();
        int outEach = mixer.outputs() / mixer.groups();
        int taps = mixer.taps();
        float[] from = value.toFloats();
        int[] kept = kept(in);
        int each = kept.length / mixer.groups();
        float[] to = new float[mixer.outputs() * each * taps];
        for (int o = 0; o < mixer.outputs(); o++) {
            int[] own = Arrays.copyOfRange(kept, o / outEach * each, (o / outEach + 1) * each);
            for (int i = 0; i < each; i++) {
                int start = (o * inEach + own[i] % inEach) * taps;
                System.arraycopy(from, start, to, (o * each + i) * taps, taps);
            }
        }
        return Tensor.of(value.device(), to, value.shape().with(1, each));
    }
}
