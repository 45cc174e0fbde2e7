package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.Discovery;
import espalier.tensor.DType;
import espalier.tensor.Device;
import espalier.tensor.conformance.BackendConformance;
import espalier.tensor.conformance.Limits;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/**
 * The kernels for GPUs on whatever device is found, also one for which others are faster. Operations whose kernels are
 * the same in both flavours are left out.
 */
class GpuFlavourConformanceTest extends BackendConformance {
    private static final class Own {
        static final Device DEVICE = new Device(
                "opencl:gpu-flavour",
                new OpenClBackend(new CommandQueue(Discovery.now().devices().getFirst()), Flavour.GPU));
    }

    @Override
    protected Device device() {
        TestDevice.first();
        return Own.DEVICE;
    }

    @Override
    protected Limits limits() {
        return new OpenClLimits() {
            @Override
            public Set<DType> types() {
                return EnumSet.of(DType.F32);
            }
        };
    }

    @Override
    protected Stream<DynamicTest> movement() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> elementwise() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> indexing() {
        return Stream.empty();
    }

    @Override
    protected Stream<DynamicTest> pooling() {
        return Stream.empty();
    }
}
