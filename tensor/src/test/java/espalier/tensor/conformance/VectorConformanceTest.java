package espalier.tensor.conformance;

import espalier.tensor.Device;

/** The fast back end, where the Vector API is present; with three threads on tensors too small to need them. */
class VectorConformanceTest extends BackendConformance {
    @Override
    protected Device device() {
        Device device = Device.cpu(3);
        return device.backend().name().equals("vector")
                ? device
                : skip("there is no vector back end without --add-modules jdk.incubator.vector");
    }

    @Override
    protected Limits limits() {
        return new Limits() {
            @Override
            public boolean combinesRows() {
                return true;
            }
        };
    }
}
