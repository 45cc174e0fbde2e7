package espalier.tensor.spi;

import espalier.tensor.Device;
import java.util.List;

/**
 * Finds the devices of one kind; found itself by {@link java.util.ServiceLoader}.
 *
 * <p>A provider never throws: what is missing (no driver, no device) is a sentence in {@link #problems}.
 */
public interface BackendProvider {
    /** The kind, the part of a device's name before the colon: {@code opencl}. */
    String kind();

    /** The devices that can be used now, the best first; their names are {@code kind:0}, {@code kind:1}, …. */
    List<Device> devices();

    /** Why devices of this kind cannot be used, a sentence each; empty if nothing is wrong. */
    List<String> problems();
}
