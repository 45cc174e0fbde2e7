package espalier.gpu;

import espalier.gpu.opencl.DeviceMemory;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Storage;

/**
 * A storage in device memory, given back when a scope closes or, outside of scopes, some time after it is forgotten.
 */
final class DeviceStorage extends Storage {
    private final DeviceMemory memory;

    DeviceStorage(DType dtype, int length, DeviceMemory memory) {
        super(dtype, length);
        this.memory = memory;
    }

    /**
     * The memory of a tensor on one of these devices; it stays valid while the result is held, the tensor need not be.
     */
    static DeviceMemory of(Tensor tensor) {
        return ((DeviceStorage) tensor.storage()).memory;
    }

    DeviceMemory memory() {
        return memory;
    }

    @Override
    protected void free() {
        memory.giveBack();
    }
}
