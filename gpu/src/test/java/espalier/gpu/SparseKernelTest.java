package espalier.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Discovery;
import espalier.gpu.opencl.Launches;
import espalier.tensor.Device;
import espalier.tensor.RandomSource;
import espalier.tensor.Shape;
import espalier.tensor.packed.BlockMatrix;
import espalier.tensor.packed.CsrMatrix;
import espalier.tensor.packed.PackedMatrix;
import espalier.tensor.packed.PackedWeights;
import espalier.tensor.spi.ConvSpec;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Sparse convolutions in groups run on the device as they are: nothing is unpacked on the host and sent there. */
class SparseKernelTest {
    @Test
    void inGroupsTooTheWeightStaysOnTheDevice() {
        TestDevice.first();
        CommandQueue queue = new CommandQueue(Discovery.now().devices().getFirst());
        try (OpenClBackend backend = new OpenClBackend(queue, Flavour.CPU)) {
            Device device = new Device("own", backend);
            float[] weight = RandomSource.of(1)
                    .normal(Device.reference(), Shape.of(8 * 18))
                    .toFloats();
            var images = RandomSource.of(2).normal(device, Shape.of(2, 4, 5, 5));
            ConvSpec spec = ConvSpec.of().withGroups(2);
            for (PackedMatrix matrix : List.of(CsrMatrix.of(weight, 8, 18), BlockMatrix.of(weight, 8, 18))) {
                PackedWeights weights = PackedWeights.of(device, matrix);
                queue.finish("sent");
                weights.conv2d(spec, 3, 3, images, Optional.empty());
                assertEquals("packed conv2d, packed conv2d", Launches.names(queue), "windows, and the product");
            }
        }
    }
}
