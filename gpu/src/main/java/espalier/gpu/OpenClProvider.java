package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceInfo;
import espalier.gpu.opencl.Discovery;
import espalier.gpu.opencl.OpenClException;
import espalier.tensor.Device;
import espalier.tensor.spi.BackendProvider;
import java.util.ArrayList;
import java.util.List;

/** Offers each OpenCL device of this machine as {@code opencl:0}, {@code opencl:1}, …, GPUs first. */
public final class OpenClProvider implements BackendProvider {
    /** For {@link java.util.ServiceLoader}. */
    public OpenClProvider() {}

    @Override
    public String kind() {
        return "opencl";
    }

    @Override
    public List<Device> devices() {
        return Found.ONCE.devices;
    }

    @Override
    public List<String> problems() {
        return Found.ONCE.problems;
    }

    /** Looked for once, when first asked: a device is the same object for everyone. */
    private record Found(List<Device> devices, List<String> problems) {
        static final Found ONCE = find();

        private static Found find() {
            Discovery discovery = Discovery.now();
            List<Device> devices = new ArrayList<>();
            List<String> problems = new ArrayList<>(discovery.problems());
            for (DeviceInfo info : discovery.devices()) {
                try {
                    CommandQueue queue = new CommandQueue(info);
                    devices.add(new Device("opencl:" + devices.size(), new OpenClBackend(queue, Flavour.of(info))));
                } catch (OpenClException refused) {
                    problems.add(String.valueOf(refused.getMessage()));
                }
            }
            return new Found(List.copyOf(devices), List.copyOf(problems));
        }
    }
}
