package espalier.gpu;

import espalier.tensor.Device;
import espalier.tensor.conformance.BackendConformance;
import espalier.tensor.conformance.Limits;

/** All operations on the first OpenCL device, with the kernels that suit it. */
class OpenClConformanceTest extends BackendConformance {
    @Override
    protected Device device() {
        return TestDevice.first();
    }

    @Override
    protected Limits limits() {
        return new OpenClLimits();
    }
}
