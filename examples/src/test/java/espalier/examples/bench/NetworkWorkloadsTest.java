package espalier.examples.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import espalier.examples.train.ModelCatalog;
import espalier.tensor.Device;
import espalier.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The names of the networks' figures, and the notes that a watched device takes. Nothing is timed here. */
class NetworkWorkloadsTest {
    private static List<String> names(List<Workload> workloads) {
        return workloads.stream().map(Workload::name).toList();
    }

    @Test
    void theNamesThatFiguresAreKeptUnderAreThere() {
        assertEquals(List.of("lenet-train-b128", "resnet20-train-b128"), names(Family.TRAIN.workloads()));
        assertEquals(
                List.of(
                        "lenet-infer-b1",
                        "resnet20-infer-b1",
                        "resnet50-infer-b1",
                        "mobilenetv1-infer-b1",
                        "lenet-infer-b256",
                        "resnet20-infer-b128"),
                names(Family.INFER.workloads()));
        assertEquals("coldstart-lenet", Family.COLDSTART.workloads().getFirst().name());
    }

    @Test
    void aModelAndABatchCanBeAskedFor() {
        Optional<ModelCatalog> vgg = Optional.of(ModelCatalog.VGG16);
        assertEquals(List.of("vgg16-train-b32"), names(NetworkWorkloads.of(Family.TRAIN, vgg, 32)));
        assertEquals(List.of("vgg16-infer-b1"), names(NetworkWorkloads.of(Family.INFER, vgg, 0)));
        assertEquals(
                List.of("lenet-train-b64", "resnet20-train-b64"),
                names(NetworkWorkloads.of(Family.TRAIN, Optional.empty(), 64)));
    }

    @Test
    void inferenceRunsOnACpuAndOnOtherDevices() {
        for (Device device : List.of(Device.cpu(1), Device.reference())) {
            try (Threads threads = new Threads(1, device)) {
                NetworkWorkloads.inference(ModelCatalog.LENET300, 2)
                        .setup()
                        .prepare(threads)
                        .run();
            }
        }
    }

    @Test
    void aWatchedDeviceComputesTheSameAndNotesWhatItDid() {
        OperationTimes times = new OperationTimes(Device.cpu());
        Tensor x = Tensor.of(new float[] {-1, 2, -3, 4}, 2, 2).to(times.device());
        times.clear();
        assertEquals(6, x.relu().sum().item());
        x.t().relu();
        List<String> table = times.table(1, 1);
        assertTrue(table.stream().anyMatch(line -> line.endsWith("unary relu [2, 2] [2, 2]")), table::toString);
        assertTrue(table.stream().anyMatch(line -> line.endsWith("unary relu [2, 2]ᵛ [2, 2]")), table::toString);
        assertTrue(table.getLast().endsWith("a step"), table::toString);
    }
}
