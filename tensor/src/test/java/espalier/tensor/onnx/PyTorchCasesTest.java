package espalier.tensor.onnx;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import espalier.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Results of PyTorch, to 1e-5. The cases lie in a folder of data sets beside the checkout, {@code ../shared/data}, or
 * where the system property {@code espalier.data} says; without it the test is skipped.
 */
class PyTorchCasesTest {
    private static final float TOLERANCE = 1e-5f;

    /** What this library has no operation for; every other case must run. */
    private static final Map<String, String> SKIPPED = Map.of(
            "test_AvgPool3d", "pooling over three axes",
            "test_AvgPool3d_stride", "pooling over three axes",
            "test_AvgPool3d_stride1_pad0_gpu_input", "pooling over three axes",
            "test_MaxPool3d", "pooling over three axes",
            "test_Conv3d_dilated_strided", "convolution over three axes",
            "test_Conv3d_groups", "convolution over three axes",
            "test_Conv3d_stride", "convolution over three axes",
            "test_MaxPool1d_stride_padding_dilation", "pooling with dilation");

    private static Optional<Path> folder() {
        String given = System.getProperty("espalier.data");
        Stream<Path> candidates = given != null
                ? Stream.of(Path.of(given))
                : Stream.iterate(Path.of("").toAbsolutePath(), path -> path.getParent() != null, Path::getParent)
                        .map(path -> path.resolveSibling("shared").resolve("data"));
        return candidates
                .map(data -> data.resolve("reference-models").resolve("onnx-pytorch-cases"))
                .filter(Files::isDirectory)
                .findFirst();
    }

    private static List<Path> cases() throws IOException {
        Optional<Path> folder = folder();
        assumeTrue(folder.isPresent(), "the PyTorch cases are not here; -Despalier.data=FOLDER says where they are");
        try (Stream<Path> files = Files.walk(folder.orElseThrow(), 3)) {
            return files.filter(file -> file.endsWith("model.onnx"))
                    .map(Path::getParent)
                    .sorted()
                    .toList();
        }
    }

    @TestFactory
    Stream<DynamicTest> resultsOfPyTorch() throws IOException {
        return cases().stream()
                .map(at -> DynamicTest.dynamicTest(at.getFileName().toString(), () -> run(at)));
    }

    private static void run(Path at) throws IOException {
        String name = at.getFileName().toString();
        OnnxModel model = OnnxModel.read(at.resolve("model.onnx"));
        List<Tensor> actual;
        try {
            actual = OnnxRunner.run(model, tensors(at, "input"));
        } catch (OnnxRunner.Unsupported missing) {
            assertEquals(SKIPPED.get(name), missing.getMessage(), "a case that should run");
            abort(missing.getMessage());
            return;
        }
        assertTrue(!SKIPPED.containsKey(name), "a case that is listed as skipped runs");
        List<Tensor> expected = tensors(at, "output");
        assertEquals(expected.size(), actual.size());
        for (int i = 0; i < expected.size(); i++) {
            assertEquals(expected.get(i).shape(), actual.get(i).shape());
            assertArrayEquals(expected.get(i).toFloats(), actual.get(i).toFloats(), TOLERANCE);
        }
    }

    private static List<Tensor> tensors(Path at, String kind) throws IOException {
        List<Tensor> tensors = new ArrayList<>();
        for (int i = 0; ; i++) {
            Path file = at.resolve("test_data_set_0").resolve(kind + "_" + i + ".pb");
            if (!Files.exists(file)) {
                return tensors;
            }
            tensors.add(OnnxModel.readTensor(file));
        }
    }

    /** So that a folder of the wrong kind does not pass by being empty. */
    @Test
    void thereAreManyCases() throws IOException {
        Map<String, Integer> operations = new TreeMap<>();
        for (Path at : cases()) {
            OnnxModel.read(at.resolve("model.onnx"))
                    .nodes()
                    .forEach(node -> operations.merge(node.op(), 1, Integer::sum));
        }
        assertTrue(operations.size() >= 25, () -> "operations: " + operations);
        assertTrue(operations.get("Conv") >= 10, () -> "operations: " + operations);
    }
}
