package espalier.gpu;

import espalier.gpu.opencl.DeviceMemory;
import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Storage;
import java.lang.ref.Cleaner;

/** A storage in device memory, given back when a scope closes or, outside of scopes, some time after it is forgotten. */
final class DeviceStorage extends Storage {
    private static final Cleaner CLEANER = Cleaner.create();

    private final DeviceMemory memory;
    private final Cleaner.Cleanable cleanable;

    DeviceStorage(DType dtype, int length, DeviceMemory memory) {
        super(dtype, length);
        this.memory = memory;
        this.cleanable = CLEANER.register(this, memory::giveBack);
    }

    /** The memory of a tensor on one of these devices. */
    static DeviceMemory of(Tensor tensor) {
        return ((DeviceStorage) tensor.storage()).memory;
    }

    DeviceMemory memory() {
        return memory;
    }

    @Override
    protected void free() {
        cleanable.clean();
    }
}
