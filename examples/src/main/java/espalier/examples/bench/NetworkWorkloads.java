package espalier.examples.bench;

import espalier.autograd.Variable;
import espalier.autograd.op.Losses;
import espalier.examples.train.ModelCatalog;
import espalier.nn.ForwardPass;
import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.optim.Sgd;
import espalier.nn.train.Evaluation;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.Packer;
import espalier.sparsity.runtime.InferenceModel;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Whole networks on images that lie ready in memory: steps of training (forward, backward, momentum SGD), told in
 * images a second, and inference, told in milliseconds for one image and in images a second for a batch.
 */
final class NetworkWorkloads {
    private static final long SEED = 1;
    private static final int TRAINING_BATCH = 128;
    private static final long SETTLING_NANOS = 12_000_000_000L;
    private static final long BRIEF_NANOS = 3_000_000_000L;
    private static final long LONGEST_NANOS = 60_000_000_000L;
    private static final int SETTLING_STEPS = 250;

    private NetworkWorkloads() {}

    static List<Workload> training() {
        return Stream.of(ModelCatalog.LENET5, ModelCatalog.RESNET20)
                .map(model -> training(model, TRAINING_BATCH))
                .toList();
    }

    static List<Workload> inference() {
        return List.of(
                inference(ModelCatalog.LENET5, 1),
                inference(ModelCatalog.RESNET20, 1),
                inference(ModelCatalog.RESNET50, 1),
                inference(ModelCatalog.MOBILENET_V1, 1),
                inference(ModelCatalog.LENET5, 256),
                inference(ModelCatalog.RESNET20, 128));
    }

    /** {@code lenet-train-b128}: a step of training. */
    static Workload training(ModelCatalog model, int batch) {
        String name = word(model) + "-train-b" + batch;
        return Workload.rate(name, Unit.IMAGES, batch, threads -> step(model, batch, threads.device()));
    }

    /** {@code lenet-infer-b1}: the scores of a batch. */
    static Workload inference(ModelCatalog model, int batch) {
        String name = word(model) + "-infer-b" + batch;
        Workload.Setup setup = threads -> scores(model, batch, threads.device());
        return batch == 1
                ? Workload.time(name, Unit.MILLISECONDS, setup)
                : Workload.rate(name, Unit.IMAGES, batch, setup);
    }

    /** LeNet-5 is called lenet where speeds are compared. */
    private static String word(ModelCatalog model) {
        return model == ModelCatalog.LENET5 ? "lenet" : model.label();
    }

    /** One step of training on this device, the loop as a user writes it. */
    static Runnable step(ModelCatalog model, int batch, Device device) {
        Module net = model.make(Init.of(device, SEED));
        Sgd optimizer = new Sgd(net.parameters(), Sgd.Options.of(0.01).withDecay(5e-4));
        RandomSource random = RandomSource.of(SEED);
        Tensor images = images(model, batch, device);
        int classes = Evaluation.outputs(net, images).dim(1);
        int[] numbers = IntStream.range(0, batch).map(i -> i % classes).toArray();
        Tensor labels = Tensor.of(device, numbers, Shape.of(batch));
        Runnable step = Inputs.scoped(() -> {
            optimizer.clearGradients();
            Variable loss = ForwardPass.training(
                    random, () -> Losses.crossEntropy(net.apply(Variable.constant(images)), labels));
            loss.backward();
            optimizer.step();
            return loss;
        });
        settle(step, SETTLING_NANOS, SETTLING_STEPS);
        return step;
    }

    /**
     * A step calls each of a hundred methods a few times only, so the compilers take longer than over one kernel: for
     * some time and, of long steps, for as many as two thirds of an epoch of CIFAR-10 have.
     */
    private static void settle(Runnable step, long nanos, int steps) {
        long start = System.nanoTime();
        long passed = 0;
        for (int i = 0; passed < nanos || i < steps && passed < LONGEST_NANOS; i++) {
            step.run();
            passed = System.nanoTime() - start;
        }
    }

    /** On a CPU by the run time, as programs do that only answer: weights packed once, batch norm folded. */
    private static Runnable scores(ModelCatalog model, int batch, Device device) {
        Tensor images = images(model, batch, device);
        if (device.name().startsWith("cpu")) {
            Module trained = model.make(Init.of(SEED));
            InferenceModel ready = InferenceModel.of(
                    Exporter.of(trained, model.input()).with(Packer.dense()).export(), device);
            Runnable answer = Inputs.scoped(() -> ready.run(images));
            settle(answer, BRIEF_NANOS, 1);
            return answer;
        }
        Module net = model.make(Init.of(device, SEED));
        return Inputs.scoped(() -> Evaluation.outputs(net, images));
    }

    private static Tensor images(ModelCatalog model, int batch, Device device) {
        return RandomSource.of(SEED).uniform(device, model.input().inserting(0, batch), -1, 1);
    }

    /** What a family runs when a model or a batch was asked for; families without networks run what they always do. */
    static List<Workload> of(Family family, Optional<ModelCatalog> model, int batch) {
        List<ModelCatalog> models = model.map(List::of).orElse(List.of(ModelCatalog.LENET5, ModelCatalog.RESNET20));
        if (family == Family.TRAIN) {
            return models.stream()
                    .map(each -> training(each, batch == 0 ? TRAINING_BATCH : batch))
                    .toList();
        }
        if (family == Family.INFER) {
            models.forEach(ModelCatalog::requireImages);
            return models.stream()
                    .map(each -> inference(each, Math.max(1, batch)))
                    .toList();
        }
        return family.workloads();
    }
}
