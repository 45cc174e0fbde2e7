package espalier.examples.compress;

import espalier.examples.bench.Stopwatch;
import espalier.nn.Module;
import espalier.nn.Summary;
import espalier.nn.data.Batch;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Normalization;
import espalier.nn.train.ConfusionMatrix;
import espalier.sparsity.Sparsity;
import espalier.sparsity.export.Exporter;
import espalier.sparsity.export.PackedModel;
import espalier.sparsity.export.Packer;
import espalier.sparsity.runtime.InferenceModel;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.IntFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a network costs in use, all of it found out and nothing worked out: its packed file's bytes, its accuracy as
 * that file is run, and the time that takes.
 *
 * @param accuracy part of the test images that the packed file gets right
 * @param weights how many the network has
 * @param nonZeros how many of them are not zero
 * @param macs multiply-adds of a dense run of the network
 * @param bytes of the packed file
 * @param one milliseconds for one image
 * @param many milliseconds for {@value #MANY} images
 */
public record Appraisal(double accuracy, long weights, long nonZeros, long macs, long bytes, double one, double many) {
    /** The larger batch that is timed. */
    public static final int MANY = 128;

    /**
     * Packs a network into a file, runs the file on the test images, and times it.
     *
     * @param packer says in which form the weights are stored, and so by which kernels they are multiplied
     * @param device on which the file is run
     */
    public static Appraisal of(
            Module net, DataLoader test, Normalization pixels, Packer packer, Path file, Device device, Stopwatch watch)
            throws IOException {
        Shape sample = test.data().sampleShape();
        PackedModel packed = Exporter.of(net, sample)
                .with(packer)
                .labels(test.data().classes())
                .with(PackedModel.MEAN, perChannel(sample, pixels::mean))
                .with(PackedModel.DEVIATION, perChannel(sample, pixels::deviation))
                .export();
        packed.write(file);
        InferenceModel model = InferenceModel.of(PackedModel.read(file), device);
        Sparsity sparsity = Sparsity.of(net);
        return new Appraisal(
                accuracy(model, test, device),
                sparsity.weights(),
                sparsity.nonZeros(),
                Summary.of(net, sample.inserting(0, 1)).macs(),
                Files.size(file),
                milliseconds(model, 1, watch),
                milliseconds(model, MANY, watch));
    }

    private static String perChannel(Shape sample, IntFunction<Float> number) {
        return IntStream.range(0, sample.dim(0))
                .mapToObj(number)
                .map(String::valueOf)
                .collect(Collectors.joining(" "));
    }

    private static double accuracy(InferenceModel model, DataLoader test, Device device) {
        ConfusionMatrix matrix = new ConfusionMatrix(test.data().classes());
        test.forEach(0, 0, batch -> add(model, batch, device, matrix));
        return matrix.accuracy();
    }

    private static void add(InferenceModel model, Batch batch, Device device, ConfusionMatrix matrix) {
        try (TensorScope _ = TensorScope.open()) {
            matrix.add(model.run(batch.images().to(device)), batch.labels().to(Device.cpu()));
        }
    }

    private static double milliseconds(InferenceModel model, int images, Stopwatch watch) {
        int size = model.program().input().size();
        float[] pixels =
                RandomSource.of(1).normal(Device.cpu(), Shape.of(images * size)).toFloats();
        float[] results = new float[images * model.program().output().size()];
        return 1e3 * watch.measure(() -> model.run(pixels, results)).median();
    }
}
