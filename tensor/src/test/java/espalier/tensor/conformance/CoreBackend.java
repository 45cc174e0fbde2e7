package espalier.tensor.conformance;

import espalier.tensor.DType;
import espalier.tensor.Tensor;
import espalier.tensor.spi.Backend;
import espalier.tensor.spi.BinaryOp;
import espalier.tensor.spi.ReduceOp;
import espalier.tensor.spi.Storage;
import espalier.tensor.spi.UnaryOp;
import java.lang.foreign.MemorySegment;

/** The abstract methods of another back end and nothing else: what a new back end is on its first day. */
final class CoreBackend implements Backend {
    private final Backend core;

    CoreBackend(Backend core) {
        this.core = core;
    }

    @Override
    public String name() {
        return "core of " + core.name();
    }

    @Override
    public String description() {
        return "the core of: " + core.description();
    }

    @Override
    public Storage allocate(DType dtype, int length) {
        return core.allocate(dtype, length);
    }

    @Override
    public void upload(MemorySegment from, Storage to, int start) {
        core.upload(from, to, start);
    }

    @Override
    public void download(Storage from, int start, MemorySegment to) {
        core.download(from, start, to);
    }

    @Override
    public void copy(Tensor from, Tensor to) {
        core.copy(from, to);
    }

    @Override
    public void fill(Tensor out, double value) {
        core.fill(out, value);
    }

    @Override
    public void unary(UnaryOp op, Tensor x, Tensor out) {
        core.unary(op, x, out);
    }

    @Override
    public void binary(BinaryOp op, Tensor a, Tensor b, Tensor out) {
        core.binary(op, a, b, out);
    }

    @Override
    public void where(Tensor condition, Tensor a, Tensor b, Tensor out) {
        core.where(condition, a, b, out);
    }

    @Override
    public void reduce(ReduceOp op, Tensor x, int[] axes, Tensor out) {
        core.reduce(op, x, axes, out);
    }

    @Override
    public void argReduce(boolean largest, Tensor x, int axis, Tensor out) {
        core.argReduce(largest, x, axis, out);
    }

    @Override
    public void cumsum(Tensor x, int axis, Tensor out) {
        core.cumsum(x, axis, out);
    }

    @Override
    public void sort(Tensor x, boolean descending, Tensor values, Tensor indices) {
        core.sort(x, descending, values, indices);
    }

    @Override
    public void matmul(Tensor a, Tensor b, Tensor out) {
        core.matmul(a, b, out);
    }

    @Override
    public void gather(Tensor x, int axis, Tensor index, Tensor out) {
        core.gather(x, axis, index, out);
    }

    @Override
    public void scatterAdd(Tensor into, int axis, Tensor index, Tensor x) {
        core.scatterAdd(into, axis, index, x);
    }
}
