package espalier.gpu;

import espalier.gpu.opencl.CommandQueue;
import espalier.gpu.opencl.DeviceMemory;
import espalier.gpu.opencl.OpenClException;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Whether products may run on the tensor cores of an NVIDIA device: {@code mma.cl}. They round their operands, so
 * nobody gets them unasked: the system property {@code espalier.gpu.tensorcores} has to name a precision, {@code tf32}
 * or {@code f16}. And they are reached by instructions that only NVIDIA's compiler knows: so the kernel is built and
 * given products of whole numbers, which either precision holds exactly, and unless each is to the bit what the plain
 * kernel gives, it is not used, and {@link #report} says why.
 *
 * <p>Matrix products and convolutions run there, and the gradients of convolutions to their input; those to their
 * weights do not. Of f16 the range ends at 65,504.
 *
 * <p><b>This has not run on a real device yet.</b> What is tested is the kernel around the instruction, with the
 * instruction emulated after NVIDIA's description, and that other devices are left alone.
 *
 * @param options what {@code mma.cl} is compiled with, if it is used
 * @param report a sentence about it; empty if nobody asked
 */
record TensorCores(Optional<String> options, String report) {
    /** Not used, because nobody asked. */
    static final TensorCores OFF = new TensorCores(Optional.empty(), "");

    /** M, N and K: within a tile, and beyond it along each axis. */
    private static final List<int[]> SHAPES = List.of(new int[] {16, 8, 8}, new int[] {70, 83, 75});

    /** What operands are rounded to. */
    enum Precision {
        TF32(""),
        F16(" -DHALVES");

        private final String options;

        Precision(String options) {
            this.options = options;
        }
    }

    /** What the system property asks for, where that is right on this device. */
    static TensorCores of(CommandQueue queue, Flavour flavour) {
        String asked = System.getProperty("espalier.gpu.tensorcores", "off");
        if (asked.equals("off")) {
            return OFF;
        }
        Optional<Precision> precision = Arrays.stream(Precision.values())
                .filter(known -> known.name().equalsIgnoreCase(asked))
                .findFirst();
        if (precision.isEmpty()) {
            return unused("espalier.gpu.tensorcores is tf32, f16 or off, and not " + asked);
        }
        if (flavour != Flavour.GPU) {
            return unused("its kernels are those for processors");
        }
        return probe(queue, precision.get(), "");
    }

    /** Builds the kernel and holds it against the plain one. */
    static TensorCores probe(CommandQueue queue, Precision precision, String more) {
        String options = precision.options + more;
        FloatProduct plain = new FloatProduct(queue, Flavour.GPU, Tuning.builtIn(Flavour.GPU));
        FloatProduct onCores = plain.with(new TensorCores(Optional.of(options), ""));
        try {
            for (int[] shape : SHAPES) {
                if (!Arrays.equals(product(queue, plain, shape), product(queue, onCores, shape))) {
                    return unused("a product of whole numbers was wrong there");
                }
            }
        } catch (OpenClException refused) {
            return unused(
                    String.valueOf(refused.getMessage()).lines().findFirst().orElse("no reason given"));
        }
        return new TensorCores(Optional.of(options), "tensor cores in use, operands rounded to " + precision);
    }

    private static TensorCores unused(String reason) {
        return new TensorCores(Optional.empty(), "tensor cores not used: " + reason);
    }

    /** Whole numbers from −8 to 8: products of them and sums of products are exact. */
    private static float[] product(CommandQueue queue, FloatProduct product, int[] shape) {
        DeviceMemory a = wholeNumbers(queue, shape[0] * shape[2], 5);
        DeviceMemory b = wholeNumbers(queue, shape[2] * shape[1], 11);
        DeviceMemory out = queue.allocate(4L * shape[0] * shape[1]);
        try {
            product.run("probe", shape, a, b, out);
            float[] values = new float[shape[0] * shape[1]];
            queue.read(out, 0, MemorySegment.ofArray(values));
            return values;
        } finally {
            a.giveBack();
            b.giveBack();
            out.giveBack();
        }
    }

    private static DeviceMemory wholeNumbers(CommandQueue queue, int length, int step) {
        float[] values = new float[length];
        for (int i = 0; i < length; i++) {
            values[i] = i * step % 17 - 8;
        }
        return queue.send(MemorySegment.ofArray(values));
    }
}
