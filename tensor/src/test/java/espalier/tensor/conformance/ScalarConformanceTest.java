package espalier.tensor.conformance;

import espalier.tensor.Device;

/** The textbook back end against the oracles. */
class ScalarConformanceTest extends BackendConformance {
    @Override
    protected Device device() {
        return Device.reference();
    }
}
