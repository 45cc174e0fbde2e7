package espalier.gpu;

import espalier.gpu.opencl.DeviceInfo;
import java.util.Locale;

/** How heavy kernels are written: what is fast on one kind of device is ten times slower on the other. */
public enum Flavour {
    /** Tiles in local memory, barriers, neighbouring items reading neighbouring addresses. */
    GPU,
    /** One item to a group, long vectors in registers, contiguous runs, no barrier. */
    CPU;

    /** The flavour for a device, or the one that the system property {@code espalier.gpu.flavour} names. */
    static Flavour of(DeviceInfo device) {
        String named = System.getProperty("espalier.gpu.flavour", "");
        return named.isEmpty() ? (device.isCpu() ? CPU : GPU) : valueOf(named.toUpperCase(Locale.ROOT));
    }
}
