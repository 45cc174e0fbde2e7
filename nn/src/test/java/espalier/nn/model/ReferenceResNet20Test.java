package espalier.nn.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.nn.Init;
import espalier.nn.Module;
import espalier.nn.data.Cifar10;
import espalier.nn.data.DataLoader;
import espalier.nn.data.Dataset;
import espalier.nn.data.SharedData;
import espalier.nn.data.Transform;
import espalier.nn.model.ResNet.Shortcut;
import espalier.nn.train.Evaluation;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import espalier.tensor.io.SafeTensors;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * A ResNet-20 that others trained gives their answers here: 9,173 of CIFAR-10's 10,000 test images, and their logits.
 *
 * <p>{@code -Despalier.parity=N} takes the first N images; without it, all of them on the fast back end and 100 on the
 * plain one.
 */
class ReferenceResNet20Test {
    /** Their names for ours: blocks are called {@code layer1.0}, norms have weights, biases and running statistics. */
    static Map<String, Tensor> renamed(SafeTensors file, Module model) throws IOException {
        Map<String, Tensor> state = new LinkedHashMap<>();
        for (String ours : model.state().keySet()) {
            state.put(ours, file.tensor(theirs(ours), Device.cpu()));
        }
        assertEquals(file.names().size(), state.size(), "every tensor of the file has its place");
        return state;
    }

    private static String theirs(String ours) {
        String[] parts = ours.split("\\.");
        String last = switch (parts[parts.length - 1]) {
            case "scale" -> "weight";
            case "shift" -> "bias";
            case "mean" -> "running_mean";
            case "variance" -> "running_var";
            default -> parts[parts.length - 1];
        };
        if (parts[0].equals("classifier")) {
            return "linear." + last;
        }
        Matcher block = Pattern.compile("stage(\\d)block(\\d)").matcher(parts[0]);
        return block.matches()
                ? "layer%s.%d.%s.%s".formatted(block.group(1), Integer.parseInt(block.group(2)) - 1, parts[2], last)
                : parts[0] + "." + last;
    }

    private static int images() {
        int all = Device.cpu().backend().name().equals("vector") ? 10_000 : 100;
        return Integer.getInteger("espalier.parity", all);
    }

    @Test
    void sameAnswersAndSameLogits() throws IOException {
        Path models = SharedData.at("reference-models");
        Path images = SharedData.at("cifar-10/test_batch.bin.gz");
        Module model = ResNet.cifar(Init.of(1), 20, Shortcut.PADDED);
        try (SafeTensors file = SafeTensors.open(models.resolve("resnet20-12fca82f.safetensors"))) {
            model.load(renamed(file, model));
        }
        FloatBuffer expected = ByteBuffer.wrap(Files.readAllBytes(models.resolve("resnet20-cifar10-test-logits.f32le")))
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        Transform imageNet =
                Transform.normalize(new float[] {0.485f, 0.456f, 0.406f}, new float[] {0.229f, 0.224f, 0.225f});
        int count = images();
        Dataset test = Cifar10.read(List.of(images)).first(count);
        int[] right = new int[2];
        double[] furthest = new double[1];
        DataLoader.of(test, 100).with(imageNet).forEach(0, 0, batch -> {
            Tensor logits = Evaluation.outputs(model, batch.images());
            float[] theirs = new float[logits.size()];
            expected.get(theirs);
            float[] ours = logits.toFloats();
            for (int i = 0; i < ours.length; i++) {
                furthest[0] = Math.max(furthest[0], Math.abs(ours[i] - theirs[i]));
            }
            Tensor reference = Tensor.of(theirs, batch.size(), 10);
            right[0] += (int) logits.argmax(1).eq(batch.labels()).countNonZero().item();
            right[1] +=
                    (int) reference.argmax(1).eq(batch.labels()).countNonZero().item();
        });
        System.out.printf(
                "ResNet-20: %d of %d right (reference %d), logits within %.2e%n",
                right[0], count, right[1], furthest[0]);
        assertTrue(furthest[0] <= 2e-4, "a logit is " + furthest[0] + " away");
        assertEquals(right[1], right[0], 2);
        if (count == 10_000) {
            assertEquals(9173, right[0], 2);
        }
    }
}
