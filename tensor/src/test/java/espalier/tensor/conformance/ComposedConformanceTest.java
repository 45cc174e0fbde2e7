package espalier.tensor.conformance;

import espalier.tensor.Device;

/** A back end that has no more than the core: the fused operations are those composed of it. */
class ComposedConformanceTest extends BackendConformance {
    @Override
    protected Device device() {
        return new Device("core", new CoreBackend(Device.reference().backend()));
    }
}
