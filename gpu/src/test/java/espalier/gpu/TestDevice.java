package espalier.gpu;

import static org.junit.jupiter.api.Assumptions.abort;

import espalier.tensor.Device;
import java.util.List;

/** The device that tests run on. */
public final class TestDevice {
    private TestDevice() {}

    /** The first OpenCL device; without one the test is skipped or, where one is required, fails. */
    public static Device first() {
        OpenClProvider provider = new OpenClProvider();
        List<Device> devices = provider.devices();
        if (!devices.isEmpty()) {
            return devices.getFirst();
        }
        String reason = "there is no OpenCL device: " + String.join("; ", provider.problems());
        if (Boolean.parseBoolean(System.getenv("ESPALIER_REQUIRE_OPENCL"))) {
            throw new AssertionError(reason);
        }
        return abort(reason);
    }
}
