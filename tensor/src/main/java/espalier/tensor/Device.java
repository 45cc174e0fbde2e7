package espalier.tensor;

import espalier.tensor.cpu.CpuBackends;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.BackendProvider;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceLoader;

/**
 * A place where tensors live and are computed: a name and the back end that does the work.
 *
 * <p>{@link #cpu()} is the machine's fast CPU back end and the default everywhere. Operands of one operation must be on
 * the same device; {@link Tensor#to(Device)} moves them.
 *
 * <pre>{@code
 * Device two = Device.cpu(2);                       // a CPU device with two threads
 * Tensor x = Tensor.zeros(two, DType.F32, Shape.of(2, 3));
 * }</pre>
 */
public final class Device {
    private final String name;
    private final Backend backend;

    /** A device for a back end; tests make their own. */
    public Device(String name, Backend backend) {
        this.name = name;
        this.backend = backend;
    }

    /** Its name, such as {@code cpu} or {@code opencl:0}. */
    public String name() {
        return name;
    }

    /** What computes here. */
    public Backend backend() {
        return backend;
    }

    /**
     * The default: the fastest CPU back end of this machine, with a thread per processor or as many as the system
     * property {@code espalier.threads} says.
     */
    public static Device cpu() {
        return Default.CPU;
    }

    /** A CPU device of its own with a number of threads, at least 1. Results do not depend on that number. */
    public static Device cpu(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("device: a CPU device needs at least 1 thread, not " + threads);
        }
        return new Device("cpu", CpuBackends.fastest(threads));
    }

    /** The textbook back end: plain loops, any type. F64 is at home here. */
    public static Device reference() {
        return Default.REFERENCE;
    }

    /** Every device that can be used now: the CPU's two, then what the providers on the path find. */
    public static List<Device> all() {
        List<Device> found = new ArrayList<>(List.of(cpu(), reference()));
        for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
            found.addAll(provider.devices());
        }
        return List.copyOf(found);
    }

    /**
     * The device of this name.
     *
     * @throws IllegalArgumentException listing the names there are, and why others cannot be used
     */
    public static Device named(String name) {
        for (Device device : List.of(cpu(), reference())) { // these need no search for others
            if (device.name.equals(name)) {
                return device;
            }
        }
        for (Device device : all()) {
            if (device.name.equals(name)) {
                return device;
            }
        }
        List<String> problems = problems();
        throw new IllegalArgumentException("device: there is no " + name + " here; there are "
                + String.join(", ", all().stream().map(Device::name).toList())
                + (problems.isEmpty() ? "" : " (" + String.join("; ", problems) + ")"));
    }

    /** Why devices that one might expect cannot be used, a sentence each. */
    public static List<String> problems() {
        List<String> found = new ArrayList<>();
        for (BackendProvider provider : ServiceLoader.load(BackendProvider.class)) {
            provider.problems().forEach(problem -> found.add(provider.kind() + ": " + problem));
        }
        return List.copyOf(found);
    }

    @Override
    public String toString() {
        return name;
    }

    /** Made when first asked for. */
    private static final class Default {
        static final Device CPU = new Device("cpu", CpuBackends.fastest(CpuBackends.defaultThreads()));
        static final Device REFERENCE = new Device("reference", CpuBackends.reference());
    }
}
